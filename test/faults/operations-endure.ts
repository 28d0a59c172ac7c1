import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { until } from '../app.ts';
import { deliver, pause, rowOf, type Stage, sweep } from './operations-stage.ts';

/** Agreed to, where its type needs that, and not started. */
export async function agreed({ operations, asks, agrees }: Stage, body: Record<string, unknown>): Promise<string> {
  const asked = await operations.asked(asks, { ...body, start: false });
  if (asked.phase === 'awaiting_approval') expect((await operations.approve(agrees, asked)).status).toBe(200);
  return asked.id;
}

/** Asks until there is an answer that says what happened; the key makes the second asking the first one. */
export async function insist({ operations, asks }: Stage, verb: string, id: string): Promise<number> {
  const headers = { 'Idempotency-Key': randomUUID() };
  let status = 0;
  await until(async () => {
    const body = verb === 'start' ? {} : undefined;
    status = (await operations.call(asks, verb, id, body, headers).catch(() => ({ status: 0 }))).status;
    return status === 200 || status === 409;
  }, `${verb} is answered`);
  return status;
}

/** How far it is, and what it has counted. */
export async function positionOf(stage: Stage, id: string): Promise<string> {
  const { phase, next_seq, undo_seq, items_done, items_undone } = await rowOf(stage, id);
  return [phase, next_seq, undo_seq, items_done, items_undone].join(' ');
}

/** @returns what it did although it was paused */
export async function pauseAndResume(stage: Stage, id: string): Promise<string[]> {
  if ((await insist(stage, 'pause', id)) === 409) return [];
  const paused = await positionOf(stage, id);
  await deliver(stage, id);
  await pause(stage.series.random() * 300);
  const later = await positionOf(stage, id);
  await insist(stage, 'resume', id);
  return later === paused ? [] : [`paused at ${paused}, it went on to ${later}`];
}

/**
 * Until it has ended, taken up again by messages or by the sweep alone.
 * @returns how often every delivery had failed, and somebody set it going again
 */
export async function seenThrough(
  stage: Stage,
  id: string,
  o: { begin: 'start' | 'undo' | 'retry-failed'; by: 'messages' | 'sweep' },
): Promise<number> {
  const isUndo = o.begin === 'undo';
  const ended = isUndo ? ['undone'] : ['completed', 'incomplete', 'cancelled'];
  let [again, position] = [0, -1];
  await insist(stage, o.begin, id);
  await until(
    async () => {
      const { phase, next_seq, undo_seq } = await rowOf(stage, id);
      if (ended.includes(phase)) return true;
      if (phase === 'failed') {
        again++;
        await insist(stage, isUndo ? 'undo' : 'retry-failed', id);
      }
      const at = isUndo ? undo_seq : next_seq;
      if (at !== position) position = at;
      else if (o.by === 'messages') void deliver(stage, id);
      else sweep(stage);
      return false;
    },
    `operation ${id} ends`,
    180_000,
    150 + stage.series.random() * 300,
  );
  return again;
}

/**
 * Nothing of it goes on any more, what comes late has come, and every record is stored.
 * @returns what it did although it had ended
 */
export async function calm(stage: Stage, id: string): Promise<string[]> {
  const { app, line, going } = stage;
  const ended = await positionOf(stage, id);
  line.decide(() => 'none');
  while (going.size > 0) await Promise.all(going);
  await deliver(stage, id, 2);
  await until(async () => {
    const { rows } = await app.db.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()`,
    );
    return rows.length === 0;
  }, 'no statement is running');
  // What a drainer that was killed holds is free once its lease ends; nobody waits a minute for that here.
  await app.db.query('UPDATE audit_outbox SET leased_until = now() WHERE sent_at IS NULL AND leased_until IS NOT NULL');
  await app.drained();
  const later = await positionOf(stage, id);
  return later === ended ? [] : [`ended at ${ended}, it went on to ${later}`];
}
