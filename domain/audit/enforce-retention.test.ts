import { expect, it } from 'vitest';
import type { RetainedTable } from '../../clickhouse/queries/enforce-retention.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { enforceRetention } from './enforce-retention.ts';

interface Site {
  /** Rows past their retention, of each count that is asked for. */
  counts: number[];
  fails?: boolean;
  /** Of which somebody else is applying some. */
  pendingHolds?: number;
}

const NOW = 1_800_000_000;

/** A ClickHouse that counts as it is told. `said`: what was asked of it. */
async function enforce(table: RetainedTable, { counts, fails = false, pendingHolds }: Site) {
  const said: string[] = [];
  const query = async (o: { query_params: { at?: number } }) => {
    said.push(`count ${o.query_params.at ?? 'now'}`);
    return { json: async () => [{ at_seconds: NOW, rows: counts.shift() }] };
  };
  const command = async (o: { query: string }) => {
    said.push(o.query);
    if (fails) throw new Error('Timeout error.');
  };
  const ctx = {
    clickhouse: { reader: { query }, keeper: { command } },
    db: { drainer: { run: async () => Array(pendingHolds ?? 0).fill({ id: 'h', version: 1 }) } },
    locks: { acquire: async () => (pendingHolds === undefined ? { token: 1 } : null), release: async () => undefined },
    origin: { requestId: 'r' },
    log: { error: (message: string) => said.push(message) },
  } as unknown as Context;
  const answer = await enforceRetention(ctx, table).catch((error) => error);
  return { answer, said };
}

const counted = `count ${NOW}`;
const removal = (table: RetainedTable) => `ALTER TABLE audit_db.${table} MATERIALIZE TTL`;

it('rewrites nothing where nothing is past its retention', async () => {
  const { answer, said } = await enforce('admin_ui_events', { counts: [0] });
  expect([answer, said]).toEqual([{ before: 0, after: 0 }, ['count now']]);
});

it('goes by the time of its beginning: rows whose time comes later are another one’s', async () => {
  const { answer, said } = await enforce('admin_api_logs', { counts: [7, 0] });
  expect([answer, said]).toEqual([{ before: 7, after: 0 }, ['count now', removal('admin_api_logs'), counted]]);
});

it('sees once more to what has arrived past its time meanwhile, and says what stays', async () => {
  const round = [removal('admin_sessions'), counted];
  const late = await enforce('admin_sessions', { counts: [7, 2, 0] });
  expect([late.answer, late.said]).toEqual([{ before: 7, after: 0 }, ['count now', ...round, ...round]]);
  const stays = await enforce('admin_sessions', { counts: [7, 2, 1] });
  expect([stays.answer, stays.said]).toEqual([{ before: 7, after: 1 }, ['count now', ...round, ...round]]);
});

it('does not begin again what ClickHouse may still be at work on', async () => {
  const { answer, said } = await enforce('admin_ui_events', { counts: [7, 3], fails: true });
  const failure = 'a TTL was not applied within its time';
  expect([answer, said]).toEqual([
    { before: 7, after: 3 },
    ['count now', removal('admin_ui_events'), failure, counted],
  ]);
});

it('leaves records to the merges once ClickHouse knows of them', async () => {
  const { answer, said } = await enforce('admin_audit_logs', { counts: [7, 7] });
  expect([answer, said]).toEqual([{ before: 7, after: 7 }, ['count now', removal('admin_audit_logs'), counted]]);
});

it('does not touch records while holds are being applied, and other tables all the same', async () => {
  const { answer, said } = await enforce('admin_audit_logs', { counts: [7, 0], pendingHolds: 1 });
  expect(answer).toBeInstanceOf(DomainError);
  expect([answer.code, said]).toEqual(['conflict', []]);
  const other = await enforce('admin_ui_events', { counts: [7, 0], pendingHolds: 1 });
  expect(other.answer).toEqual({ before: 7, after: 0 });
  const done = await enforce('admin_audit_logs', { counts: [7, 0], pendingHolds: 0 });
  expect(done.answer).toEqual({ before: 7, after: 0 });
});
