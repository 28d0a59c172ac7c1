import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { after, type Happening, PHASES, STATUS_OF } from '../../domain/operations/phases.ts';
import { type Answer, type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { atOnce, whileHeld } from '../held-rows.ts';
import { lastRecordOf, trailOf } from '../operation-records.ts';
import { operationsOf } from '../operations.ts';

const BATCH = 10;
let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
let other: Person;
let operator: Person;
beforeAll(async () => {
  app = await startApp({ OPERATION_BATCH_ITEMS: String(BATCH) });
  operations = operationsOf(app);
  [owner, other, operator] = await Promise.all([app.person('owner'), app.person('owner'), app.person('operator')]);
});
afterAll(() => app.stop());

const said = ({ status, json }: Answer) => [status, json.code ?? json.phase];
const control = (verb: string, id: string, headers: Record<string, string> = {}, as = operator) =>
  operations.call(as, verb, id, verb === 'start' ? {} : undefined, headers);

const services = async (count: number): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => randomUUID());
  await app.db.query(
    `WITH s AS (INSERT INTO services (id, slug, name) SELECT id, 's-' || id, 'Test' FROM unnest($1::uuid[]) AS id RETURNING id)
     INSERT INTO service_config (id, service_id) SELECT gen_random_uuid(), id FROM s`,
    [ids],
  );
  return ids;
};

/** A routine operation about these services that waits for its start. */
const planned = async (ids: string[]) =>
  operations.asked(operator, {
    type: 'services.maintenance',
    target: { type: 'services', ids },
    parameters: { maintenanceMode: true },
    start: false,
  });

const run = async (ids: string[]): Promise<{ id: string }> => {
  const asked = await planned(ids);
  expect(said(await control('start', asked.id))).toEqual([200, 'queued']);
  expect(await operations.reached(asked.id)).toBe('completed');
  return asked;
};

const versions = async (ids: string[]): Promise<number[]> =>
  (
    await app.db.query(
      'SELECT version FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n) JOIN service_config c ON c.service_id = u.id ORDER BY n',
      [ids],
    )
  ).rows.map(({ version }) => version);

const stepOf = async (id: string): Promise<number> =>
  (await app.db.query('SELECT next_seq FROM admin_operations WHERE id = $1', [id])).rows[0].next_seq;

const CONFIG = 'SELECT FROM service_config WHERE service_id = $1 FOR UPDATE';

/** An operation about 60 services, stopped while its third batch is in hand. */
async function stopped(verb: 'pause' | 'cancel') {
  const asked = await planned(await services(60));
  const ids: string[] = (await operations.items(operator, asked.id)).map((each: { targetId: string }) => each.targetId);
  const stopping = await whileHeld(app, { sql: CONFIG, parameters: [ids[25]] }, async (waiting) => {
    expect((await control('start', asked.id)).status).toBe(200);
    await until(async () => (await stepOf(asked.id)) === 20, 'two batches are done');
    await waiting(1);
    // In an object: a promise itself would be waited for.
    const answer = control(verb, asked.id);
    await waiting(2);
    return { answer };
  });
  return { id: asked.id as string, ids, answer: await stopping.answer };
}

const nudge = (operationId: string) =>
  app.broker.deliver([queued({ v: 1, kind: 'operation.run', operationId })], { queue: 'operations' });

const CALLS: { verb: string; happening: Happening; action: string; breakGlass?: true }[] = [
  { verb: 'approve', happening: 'agree', action: 'operation.approve' },
  { verb: 'reject', happening: 'reject', action: 'operation.reject' },
  { verb: 'start', happening: 'start', action: 'operation.start' },
  { verb: 'start', happening: 'break_glass', action: 'operation.break-glass', breakGlass: true },
  { verb: 'pause', happening: 'pause', action: 'operation.pause' },
  { verb: 'resume', happening: 'resume', action: 'operation.resume' },
  { verb: 'cancel', happening: 'cancel', action: 'operation.cancel' },
  { verb: 'undo', happening: 'undo', action: 'operation.undo' },
  { verb: 'retry-failed', happening: 'retry_failed', action: 'operation.retry-failed' },
];

describe('whatever is asked of an operation', () => {
  const states = async (id: string) => {
    const { rows } = await app.db.query(
      `SELECT to_jsonb(o) AS operation, (SELECT count(*)::int FROM admin_operation_approvals d WHERE d.operation_id = o.id) AS decisions
       FROM admin_operations o WHERE id = $1`,
      [id],
    );
    return rows[0];
  };

  /** A copy of an operation that stands in that phase, where nothing but the phase could refuse anything. */
  async function standing(template: { id: string; plan: { hash: string } }, phase: (typeof PHASES)[number]) {
    const id = randomUUID();
    const waits = phase === 'awaiting_approval' || phase === 'approved';
    // It has had all its turns: what is started ends at once and changes no target.
    const own = {
      ...{ id, phase, status: STATUS_OF[phase], next_seq: 1, items_left: 1, started_by: operator.id },
      ...(waits ? { approvals_needed: 1, approve_by: new Date(Date.now() + 3_600_000) } : {}),
    };
    await app.db.query(
      `INSERT INTO admin_operations SELECT (jsonb_populate_record(o, $2)).* FROM admin_operations o WHERE id = $1`,
      [template.id, JSON.stringify(own)],
    );
    await app.db.query(
      `INSERT INTO admin_operation_chunks SELECT (jsonb_populate_record(c, jsonb_build_object('operation_id', $2::uuid))).*
       FROM admin_operation_chunks c WHERE operation_id = $1`,
      [template.id, id],
    );
    if (phase === 'approved')
      await app.db.query(
        `INSERT INTO admin_operation_approvals (operation_id, admin_id, decision, plan_hash, reason) VALUES ($1, $2, 'approve', $3, '')`,
        [id, other.id, template.plan.hash],
      );
    return id;
  }

  it('is done where the table of phases has it, and is otherwise a recorded conflict that changes nothing', async () => {
    const wanted: Record<string, string> = {};
    const tried = { done: 0, refused: 0 };
    for (const phase of PHASES) {
      const template = await planned(await services(1));
      for (const { verb, happening, action, breakGlass } of CALLS) {
        const id = await standing(template, phase);
        const before = await states(id);
        const body = { approve: { planHash: template.plan.hash }, start: { breakGlass: breakGlass ?? false } }[verb];
        const answer = await operations.call(owner, verb, id, body, { 'Audit-Reason': 'to see' });
        const next = after(happening, phase);
        const what = `${phase} ${happening}`;
        expect([what, ...said(answer)]).toEqual([what, ...(next ? [200, next] : [409, 'conflict'])]);
        if (next) expect([what, answer.json.status]).toEqual([what, STATUS_OF[next]]);
        else expect([what, await states(id)]).toEqual([what, before]);
        wanted[`${id} ${action}`] = next ? 'success' : 'failure';
        tried[next ? 'done' : 'refused']++;
      }
    }
    await app.drained();
    const actions = CALLS.map(({ action }) => `'${action}'`).join();
    const records = await app.analytics<Record<string, string>>(
      `SELECT resource_id, action, resource, outcome FROM audit_db.admin_audit_logs WHERE actor_id = '${owner.id}' AND action IN (${actions})`,
    );
    expect(new Set(records.map(({ resource }) => resource))).toEqual(new Set(['operation']));
    expect(records).toHaveLength(135);
    expect(Object.fromEntries(records.map((each) => [`${each.resource_id} ${each.action}`, each.outcome]))).toEqual(
      wanted,
    );
    expect(tried).toEqual({ done: 21, refused: 114 });
    console.log(
      `operations: tried ${records.length} pairs of phase and verb: ${tried.done} done, ${tried.refused} refused and recorded, failed 0`,
    );
  });
});

describe('cancel', () => {
  it('is done once; the second one is a recorded conflict', async () => {
    const { id } = await planned(await services(1));
    const answers = [await control('cancel', id), await control('cancel', id)];
    expect(answers.map(said)).toEqual([
      [200, 'cancelled'],
      [409, 'conflict'],
    ]);
    expect(answers[0]?.json).toMatchObject({ status: 'failed', failureReason: `Cancelled by ${operator.email}.` });
    expect(await trailOf(app, id)).toEqual([
      'operation.request success',
      'operation.cancel success',
      'operation.cancel failure',
    ]);
    expect(await lastRecordOf(app, id)).toMatchObject({
      before: { phase: 'cancelled' },
      after: { refused: 'phase' },
    });
  });

  it('of a running one: what is done stays done, what is not will not be', async () => {
    const { id, ids, answer } = await stopped('cancel');
    expect(said(answer)).toEqual([200, 'cancelling']);
    expect(await operations.reached(id)).toBe('cancelled');
    expect(said(await control('cancel', id))).toEqual([409, 'conflict']);
    await nudge(id);
    const done = answer.json.itemsDone as number;
    // The batch in hand is the third one; whether a fourth one came before the cancel is the engine's to say.
    expect([30, 40]).toContain(done);
    const view = await operations.read(operator, id);
    expect(view).toMatchObject({ phase: 'cancelled', status: 'failed', itemsDone: done, itemsFailed: 0 });
    expect(view.finishedAt).not.toBeNull();
    const outcomes = (await operations.items(operator, id)).map(({ outcome }: { outcome: string }) => outcome);
    expect(outcomes).toEqual([...Array(done).fill('succeeded'), ...Array(60 - done).fill('pending')]);
    expect(await versions(ids)).toEqual([...Array(done).fill(2), ...Array(60 - done).fill(1)]);
    expect(await trailOf(app, id)).toEqual([
      'operation.request success',
      'operation.start success',
      'operation.cancel success',
      'operation.cancel failure',
    ]);
    // What was done can be put back all the same.
    expect(said(await control('undo', id))).toEqual([200, 'undoing']);
    expect(await operations.reached(id, ['undone'])).toBe('undone');
    expect(await versions(ids)).toEqual([...Array(done).fill(3), ...Array(60 - done).fill(1)]);
  });
});

describe('pause', () => {
  it('lets nothing happen after the batch in hand, until somebody resumes it', async () => {
    const { id, ids, answer } = await stopped('pause');
    expect(said(answer)).toEqual([200, 'paused']);
    const done = answer.json.itemsDone as number;
    expect([30, 40]).toContain(done);
    for (let n = 0; n < 3; n++) expect((await nudge(id)).acked).toHaveLength(1);
    expect(await operations.read(operator, id)).toMatchObject({ phase: 'paused', status: 'running', itemsDone: done });
    expect(await versions(ids)).toEqual([...Array(done).fill(2), ...Array(60 - done).fill(1)]);
    expect(said(await control('pause', id))).toEqual([409, 'conflict']);
    expect(said(await control('resume', id, {}, other))).toEqual([200, 'running']);
    expect(await operations.reached(id)).toBe('completed');
    expect(await versions(ids)).toEqual(Array(60).fill(2));
    expect(await trailOf(app, id)).toEqual([
      'operation.request success',
      'operation.start success',
      'operation.pause success',
      'operation.pause failure',
      'operation.resume success',
      'operation.complete success',
    ]);
    // What was changed after the pause is the work of whoever resumed it.
    await app.drained();
    const byWhom = await Promise.all(
      [ids[0], ids[59]].map(async (each) => (await app.auditOf(each as string))[0]?.actor_id),
    );
    expect(byWhom).toEqual([operator.id, other.id]);
  });
});

describe('undo', () => {
  it('leaves exactly what has changed since, says which and why, and puts back the others', async () => {
    const ids = await services(5);
    const { id } = await run(ids);
    const later = [ids[1], ids[3]] as string[];
    for (const each of later)
      expect((await app.patch(operator, each, { rateLimitWindow: 90 })).json.maintenanceMode).toBe(true);
    expect(said(await control('undo', id))).toEqual([200, 'undoing']);
    expect(await operations.reached(id, ['undone'])).toBe('undone');
    expect(await operations.read(operator, id)).toMatchObject({
      status: 'completed',
      itemsUndone: 3,
      failureReason: '2 items were left as they are; each says why.',
    });
    const left = await operations.items(operator, id, '&undoOutcome=left');
    expect(left.map(({ targetId }: { targetId: string }) => targetId).toSorted()).toEqual(later.toSorted());
    expect(left.map(({ undoError }: { undoError: string }) => undoError)).toEqual(
      Array(2).fill('It has changed since.'),
    );
    expect(await operations.items(operator, id, '&undoOutcome=undone')).toHaveLength(3);
    const { rows } = await app.db.query(
      'SELECT service_id, maintenance_mode AS on, rate_limit_window AS window FROM service_config WHERE service_id = ANY ($1)',
      [ids],
    );
    for (const row of rows)
      expect([row.on, row.window]).toEqual(later.includes(row.service_id) ? [true, 90] : [false, 60]);
    expect(await trailOf(app, id)).toEqual([
      'operation.request success',
      'operation.start success',
      'operation.complete success',
      'operation.undo success',
      'operation.complete failure',
    ]);
  });

  it('may be done twice: the second one finds what is left, or nothing, which is a recorded conflict', async () => {
    const ids = await services(2);
    const { id } = await run(ids);
    const [changed = '', same = ''] = ids;
    expect((await app.patch(operator, changed, { rateLimitWindow: 90 })).status).toBe(200);
    for (let n = 0; n < 2; n++) {
      expect(said(await control('undo', id))).toEqual([200, 'undoing']);
      expect(await operations.reached(id, ['undone'])).toBe('undone');
    }
    // Of the second undo nothing came: what was put back once stays as it is.
    expect(await versions([changed, same])).toEqual([3, 3]);
    const whole = await run([same]);
    expect(said(await control('undo', whole.id))).toEqual([200, 'undoing']);
    expect(await operations.reached(whole.id, ['undone'])).toBe('undone');
    const again = await control('undo', whole.id);
    expect([...said(again), again.json.detail]).toEqual([409, 'conflict', 'There is nothing left to put back.']);
    expect((await trailOf(app, whole.id)).slice(-3)).toEqual([
      'operation.undo success',
      'operation.complete success',
      'operation.undo failure',
    ]);
  });

  it('of sessions that ended is a recorded conflict that says why, and the plan has said so before', async () => {
    const victim = await app.person('viewer');
    expect((await app.call('GET', '/v1/admin/me', { as: victim })).status).toBe(200);
    const asked = await operations.asked(owner, { type: 'sessions.revoke', target: { type: 'admin', id: victim.id } });
    const why = 'A session that has ended stays ended: whoever had it signs in again.';
    expect(asked.plan.undo).toEqual({ admin_epoch: why, session: why });
    expect(asked.plan.warnings).toContain(`An undo does not bring it back: ${why}`);
    expect((await operations.approve(other, asked)).status).toBe(200);
    expect((await operations.start(owner, asked.id)).status).toBe(200);
    expect(await operations.reached(asked.id)).toBe('completed');
    const answer = await control('undo', asked.id, {}, owner);
    expect(said(answer)).toEqual([409, 'conflict']);
    expect(answer.json.detail).toBe('Nothing of what this operation did can be put back; its plan says why.');
    expect(await operations.phaseOf(asked.id)).toBe('completed');
    expect((await trailOf(app, asked.id)).at(-1)).toBe('operation.undo failure');
  });
});

describe('retry-failed', () => {
  it('gives what failed another turn, and what succeeded none', async () => {
    const ids = await services(12);
    const { id } = await planned(ids);
    const stubborn = [ids[3], ids[7]] as string[];
    await app.db.query(
      `CREATE TRIGGER stubborn BEFORE UPDATE ON service_config FOR EACH ROW
       WHEN (OLD.service_id IN ('${stubborn.join("', '")}')) EXECUTE FUNCTION refuse_change()`,
    );
    expect((await control('start', id)).status).toBe(200);
    expect(await operations.reached(id)).toBe('incomplete');
    const failed = await operations.items(operator, id, '&outcome=failed');
    expect(failed.map(({ targetId }: { targetId: string }) => targetId).toSorted()).toEqual(stubborn.toSorted());
    expect(new Set(failed.map(({ error }: { error: string }) => error))).toEqual(
      new Set(['The database refuses to change it.']),
    );
    await app.db.query('DROP TRIGGER stubborn ON service_config');
    expect(await operations.read(operator, id)).toMatchObject({
      status: 'failed',
      itemsDone: 12,
      itemsFailed: 2,
      failureReason: '2 of 12 items failed.',
    });
    expect(said(await control('retry-failed', id))).toEqual([200, 'running']);
    expect(await operations.reached(id, ['completed', 'incomplete'])).toBe('completed');
    expect(await operations.read(operator, id)).toMatchObject({
      status: 'completed',
      itemsDone: 12,
      itemsFailed: 0,
      failureReason: null,
    });
    expect(await versions(ids)).toEqual(Array(12).fill(2));
    expect(said(await control('retry-failed', id))).toEqual([409, 'conflict']);
    expect(await trailOf(app, id)).toEqual([
      'operation.request success',
      'operation.start success',
      'operation.complete failure',
      'operation.retry-failed success',
      'operation.complete success',
      'operation.retry-failed failure',
    ]);
  });
});

describe('Idempotency-Key of what starts something', () => {
  const inPhase: Record<string, string> = { start: 'planned', undo: 'completed', 'retry-failed': 'incomplete' };

  it.each(Object.keys(inPhase))(
    '%s: the same key is one effect and one answer, also 20 times at once',
    async (verb) => {
      const { id } = await planned(await services(3));
      await app.db.query('UPDATE admin_operations SET phase = $2, status = $3, items_left = 3 WHERE id = $1', [
        id,
        inPhase[verb],
        STATUS_OF[inPhase[verb] as 'planned'],
      ]);
      const key = { 'Idempotency-Key': `k-${id}`, 'Audit-Reason': 'once' };
      // As many as there are connections wait for the first one.
      const answers = await atOnce(
        app,
        id,
        Array.from({ length: 20 }, () => () => control(verb, id, key)),
        8,
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
      await operations.reached(id);
      const again = await control(verb, id, key);
      expect([again.status, again.json.id]).toEqual([200, id]);
      const others = [
        await control(verb, id, { ...key, 'Audit-Reason': 'for something else' }),
        ...(verb === 'start' ? [await operations.call(operator, verb, id, { breakGlass: true }, key)] : []),
      ];
      for (const each of others) expect(said(each)).toEqual([422, 'idempotency_key_reused']);
      const another = await control(verb, (await planned(await services(1))).id, key);
      expect(another.status).toBe(verb === 'start' ? 200 : 409);
      const trail = await trailOf(app, id);
      expect(trail.filter((each) => each.startsWith(`operation.${verb} `))).toEqual([`operation.${verb} success`]);
      console.log(`Idempotency-Key of ${verb}: 20 at once and 1 later, 1 effect`);
    },
  );
});
