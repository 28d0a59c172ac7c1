import { describe, expect, it } from 'vitest';
import { Invalid } from '../../errors.ts';
import { type CsvField, mapHeader } from './map-header.ts';

const need = (name: string): CsvField => ({ name, isRequired: true });
const may = (name: string): CsvField => ({ name, isRequired: false });

const places = (...of: Parameters<typeof mapHeader>) => Object.fromEntries(mapHeader(...of).places);

function refusal(...of: Parameters<typeof mapHeader>): Invalid {
  try {
    mapHeader(...of);
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
  throw new Error('the header was taken');
}

describe('the header of a file', () => {
  it.each(['sessionId', 'SESSIONID', 'Session ID', 'session_id', 'session-id', '  Session__Id ', 'session\u00a0id'])(
    'finds sessionId by %j',
    (name) => {
      expect(mapHeader(['Note', name], [need('sessionId')])).toEqual({
        header: ['Note', name.trim()],
        places: new Map([['sessionId', 1]]),
        ignoredColumns: ['Note'],
      });
    },
  );

  it.each(['session.id', 'sessionIds', 'session', 'sessiönId'])('does not find sessionId by %j', (name) => {
    expect(refusal([name], [need('sessionId')]).errors).toEqual([
      { field: 'sessionId', reason: `is missing; the file has ${JSON.stringify(name)}` },
    ]);
  });

  it('may lack what is not required, but not everything', () => {
    const fields = [may('sessionId'), may('adminId'), may('email')];
    expect(places(['email', 'x'], fields)).toEqual({ email: 0 });
    expect(refusal(['x', 'y'], fields).message).toBe(
      'The columns of the file do not fit: none of "sessionId", "adminId", "email" is there; the file has "x", "y".',
    );
  });

  it('that lacks required columns is one error that names them all and what there is', () => {
    const error = refusal(['code', 'x'], [need('serviceId'), need('code'), need('isActive')]);
    expect(error.code).toBe('invalid_field');
    expect(error.errors).toEqual([
      { field: 'serviceId', reason: 'is missing; the file has "code", "x"' },
      { field: 'isActive', reason: 'is missing; the file has "code", "x"' },
    ]);
  });

  it('is read as the mapping says, and where that says nothing by name', () => {
    const fields = [need('sessionId'), may('email')];
    expect(places(['id', 'e-mail'], fields, { sessionId: 'id' })).toEqual({ sessionId: 0, email: 1 });
    expect(places(['ID ', 'email'], fields, { sessionId: ' id' })).toEqual({ sessionId: 0, email: 1 });
    // The exact name goes before one like it, a named column is taken for nothing else.
    expect(places(['ID', 'id'], fields, { sessionId: 'id' })).toEqual({ sessionId: 1 });
    expect(places(['email', 'x'], fields, { sessionId: 'email' })).toEqual({ sessionId: 0 });
    // The same letter in two ways of writing it.
    expect(places(['e\u0301'], fields, { sessionId: '\u00e9' })).toEqual({ sessionId: 0 });
    expect(places(['\u00e9'], fields, { sessionId: 'e\u0301' })).toEqual({ sessionId: 0 });
  });

  it.each([
    [{ nope: 'a' }, 'mapping.nope', 'is no column of this operation; it takes "sessionId", "email"'],
    [{ sessionId: 'c' }, 'mapping.sessionId', 'the file has no column "c"; it has "a", "b"'],
    [{ sessionId: 'a', email: 'A' }, 'mapping.email', 'the column "A" is named for two fields'],
    [{ __proto__: null, constructor: 'a' }, 'mapping.constructor', 'is no column of this operation'],
  ])('is refused with the mapping %j', (mapping, field, reason) => {
    const fields = [need('sessionId'), may('email')];
    expect(refusal(['a', 'b'], fields, mapping as unknown as Record<string, string>).errors).toEqual([
      { field, reason: expect.stringContaining(reason) },
    ]);
  });

  it('that has two columns for one field is refused, unless the mapping says which', () => {
    const names = ['Session ID', 'session_id'];
    expect(refusal(names, [need('sessionId')]).errors).toEqual([
      {
        field: 'sessionId',
        reason: 'may be any of the columns "Session ID", "session_id"; say which in the mapping',
      },
    ]);
    expect(mapHeader(names, [need('sessionId')], { sessionId: 'session_id' })).toMatchObject({
      places: new Map([['sessionId', 1]]),
      ignoredColumns: ['Session ID'],
    });
  });

  it.each([
    [['a', ''], 'column 2 has no name'],
    [['a', ' \t'], 'column 2 has no name'],
    [['a', 'b', 'a '], 'columns 1 and 3 are both called "a"'],
    [['a', 'n'.repeat(101)], 'the name of column 2 has more than 100 characters'],
    [Array.from({ length: 65 }, (_, i) => `a${i}`), 'there are 65, and at most 64 are read'],
  ])('is refused when its names are no names: %#', (names, reason) => {
    expect(refusal(names, [may('a')]).errors).toEqual([{ field: 'header', reason: expect.stringContaining(reason) }]);
  });

  it('may have 64 columns and names of 100 characters', () => {
    const names = ['a', 'n'.repeat(100), ...Array.from({ length: 62 }, (_, i) => `c${i}`)];
    expect(mapHeader(names, [need('a')]).ignoredColumns).toHaveLength(63);
  });

  it('that is really data with a secret in it is refused without repeating it', () => {
    const secret = 'AKIAIOSFODNN7EXAMPLE';
    const error = refusal(['a', secret], [need('b')]);
    expect(error.errors).toEqual([
      { field: 'header', reason: expect.stringMatching(/^the name of column 2 looks like it holds a secret \(.+\)/) },
    ]);
    expect(JSON.stringify([error.message, error.errors])).not.toContain(secret);
    const mapped = refusal(['a'], [need('b')], { b: secret });
    expect(JSON.stringify([mapped.message, mapped.errors])).not.toContain(secret);
  });
});
