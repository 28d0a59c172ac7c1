import { describe, expect, it } from 'vitest';
import { isOfOneItem, reasonOf } from './refused-item.ts';

const failure = (code: unknown) =>
  Object.assign(new Error('duplicate key value violates "admins_email_key"'), { code });

/** SQLSTATE → what the item is told; see appendix A of PostgreSQL's manual. */
const OF_ONE_ITEM: Record<string, string> = {
  '22001': 'Its value cannot be stored.', // string_data_right_truncation
  '22003': 'Its value cannot be stored.', // numeric_value_out_of_range
  '22P02': 'Its value cannot be stored.', // invalid_text_representation
  '23502': 'It would contradict something else that is stored.', // not_null_violation
  '23503': 'It would contradict something else that is stored.', // foreign_key_violation
  '23505': 'It would contradict something else that is stored.', // unique_violation
  '23514': 'It would contradict something else that is stored.', // check_violation
  '55000': 'The database refuses to change it.', // object_not_in_prerequisite_state: our triggers
  P0001: 'The database refuses to change it.', // raise_exception
};

/** Nothing the item can help: all of the batch would meet it, and may succeed later. */
const OF_THE_DATABASE = [
  '08006', // connection_failure
  '25006', // read_only_sql_transaction
  '25P02', // in_failed_sql_transaction
  '28P01', // invalid_password
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '42501', // insufficient_privilege
  '42703', // undefined_column
  '53300', // too_many_connections
  '55006', // object_in_use
  '55P03', // lock_not_available
  '57014', // query_canceled
  '57P01', // admin_shutdown
  '58030', // io_error
  'XX000', // internal_error
];

describe('a statement that failed', () => {
  it('because of the rows it was about: one item’s own failure, in words without the database’s', () => {
    for (const [code, reason] of Object.entries(OF_ONE_ITEM)) {
      expect([code, isOfOneItem(failure(code)), reasonOf(failure(code))]).toEqual([code, true, reason]);
      expect(reasonOf(failure(code))).not.toMatch(/admins|key|sql/i);
    }
  });

  it('for another reason, or without a code: nobody’s', () => {
    const others = [...OF_THE_DATABASE, 22_001, undefined, null, ''].map(failure);
    const odd = [null, undefined, 'text 23505', 23_505, {}, new TypeError('fetch failed'), new Error('23505')];
    for (const error of [...others, ...odd]) expect([error, isOfOneItem(error)]).toEqual([error, false]);
    console.log(
      `failed statements: ${Object.keys(OF_ONE_ITEM).length} codes are an item’s, ${others.length + odd.length} others are not`,
    );
  });
});
