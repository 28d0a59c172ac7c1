import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type App, type Person, startApp, until } from '../app.ts';
import { queued } from '../broker.ts';
import { volume } from '../faults/campaign.ts';
import { atOnce } from '../held-rows.ts';
import { notificationsOf } from '../notifications.ts';
import { lastRecordOf, trailOf } from '../operation-records.ts';
import { operationsOf } from '../operations.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { roleOf, takeRole } from '../roles.ts';

let app: App;
let operations: ReturnType<typeof operationsOf>;
let receiver: Receiver;
let owner: Person;
let other: Person;
/** Asks for everything here: an operator may run operations and agree to none. */
let operator: Person;
beforeAll(async () => {
  receiver = await startReceiver({ status: 204 });
  app = await startApp({ NOTIFY_PRIVATE_TARGETS: receiver.url });
  operations = operationsOf(app);
  [owner, other, operator] = await Promise.all([app.person('owner'), app.person('owner'), app.person('operator')]);
  const events = ['operation.awaiting_approval', 'operation.break_glass', 'operation.finished', 'operation.failed'];
  await notificationsOf(app).channel(owner, { events, url: receiver.url });
});
beforeEach(() => app.postgres.decide(() => 'none'));
afterAll(async () => {
  await app.stop();
  await receiver.close();
});

interface Asked {
  id: string;
  plan: { hash: string };
  services: string[];
}

/** A destructive operation about new services, which waits for somebody's word. */
async function waiting(count = 1, as: Person = operator): Promise<Asked> {
  const services = await Promise.all(Array.from({ length: count }, () => app.service()));
  const asked = await operations.asked(as, {
    type: 'services.config.apply',
    target: { type: 'services', ids: services },
    parameters: { patch: { rateLimitWindow: 777 } },
  });
  return { ...asked, services };
}

const agreed = async (count = 1, as: Person = operator): Promise<Asked> => {
  const asked = await waiting(count, as);
  expect(said(await operations.approve(other, asked))).toEqual([200, 'approved']);
  return asked;
};

const said = ({ status, json }: Answer) => [status, json.code ?? json.phase];
const breakGlass = (as: Person, id: string, reason = 'the database is on fire') =>
  operations.call(as, 'start', id, { breakGlass: true }, reason ? { 'Audit-Reason': reason } : {});
const changed = async ({ services }: Asked): Promise<number> =>
  (
    await app.db.query(
      'SELECT count(*)::int AS n FROM service_config WHERE service_id = ANY ($1) AND rate_limit_window = 777',
      [services],
    )
  ).rows[0].n;
const onlyNow = (outcomes: string[]) => ['operation.request success', ...outcomes.map((each) => `operation.${each}`)];

describe('the word of another admin', () => {
  it('is never one’s own, and is for exactly this plan', async () => {
    const asked = await waiting(1, owner);
    expect(said(await operations.approve(owner, asked))).toEqual([403, 'own_plan']);
    const wrong = { ...asked, plan: { hash: '0'.repeat(64) } };
    expect(said(await operations.approve(other, wrong))).toEqual([409, 'other_plan']);
    expect((await operations.read(owner, asked.id)).approval.decisions).toEqual([]);
    expect(await operations.phaseOf(asked.id)).toBe('awaiting_approval');
    const { json } = await operations.approve(other, asked);
    expect(json).toMatchObject({
      phase: 'approved',
      status: 'pending',
      approval: { needed: 1, decisions: [{ adminId: other.id, email: other.email, decision: 'approve' }] },
    });
    expect(await trailOf(app, asked.id)).toEqual(onlyNow(['approve denied', 'approve failure', 'approve success']));
    expect(await lastRecordOf(app, asked.id)).toMatchObject({
      actor_id: other.id,
      before: { phase: 'awaiting_approval', planHash: asked.plan.hash },
      after: { phase: 'approved', status: 'pending', planHash: asked.plan.hash },
    });
  });

  it('is said once by each', async () => {
    const asked = await agreed();
    expect(said(await operations.approve(other, asked))).toEqual([409, 'conflict']);
    expect(await trailOf(app, asked.id)).toEqual(onlyNow(['approve success', 'approve failure']));
    expect((await operations.read(operator, asked.id)).approval.decisions).toHaveLength(1);
  });

  it('is no use after a target has changed: neither to agree nor to start, with or without it', async () => {
    const asked = await waiting(3);
    const agreedTo = await agreed(3);
    for (const { services } of [asked, agreedTo])
      for (const service of services.slice(1))
        expect((await app.patch(operator, service, { rateLimitWindow: 60 + services.length })).status).toBe(200);
    const answers = [
      await operations.approve(other, asked),
      await breakGlass(other, asked.id),
      await operations.start(operator, agreedTo.id),
    ];
    for (const { status, json } of answers) {
      expect([status, json.code]).toEqual([409, 'plan_drifted']);
      expect(json.detail).toMatch(/^2 of its targets have changed/);
    }
    expect([await changed(asked), await changed(agreedTo)]).toEqual([0, 0]);
    expect(await trailOf(app, asked.id)).toEqual(onlyNow(['approve failure', 'break-glass failure']));
    expect(await trailOf(app, agreedTo.id)).toEqual(onlyNow(['approve success', 'start failure']));
  });

  it('needs operations.approve for all it is about', async () => {
    const approvers = await roleOf(app, 'operations.approve');
    const asked = await waiting(2);
    const [first = '', second = ''] = asked.services;
    const elsewhere = await app.person(approvers, await app.service());
    const ofOne = await app.person(approvers, first);
    const knowsIt = await app.person('operator');
    await app.grant(knowsIt.id, approvers, first);
    const ofBoth = await app.person(approvers, first);
    await app.grant(ofBoth.id, approvers, second);
    const answers = [];
    for (const person of [operator, await app.person('viewer'), elsewhere, ofOne, knowsIt, ofBoth])
      answers.push(said(await operations.approve(person, asked)));
    expect(answers).toEqual([
      [403, 'forbidden'],
      [403, 'forbidden'],
      [404, 'not_found'],
      [404, 'not_found'],
      [403, 'forbidden'],
      [200, 'approved'],
    ]);
    expect(await trailOf(app, asked.id)).toEqual(onlyNow([...Array(5).fill('approve denied'), 'approve success']));
  });

  it('may be no, with a reason, before the start and after somebody’s yes', async () => {
    const [asked, agreedTo] = [await waiting(1, owner), await agreed()];
    expect(said(await operations.call(owner, 'reject', asked.id))).toEqual([403, 'own_plan']);
    expect(said(await operations.call(operator, 'reject', asked.id))).toEqual([403, 'forbidden']);
    const no = await operations.call(other, 'reject', asked.id, undefined, { 'Audit-Reason': 'not on a Friday' });
    expect(no.json).toMatchObject({
      phase: 'rejected',
      status: 'failed',
      failureReason: `Rejected by ${other.email}.`,
      approval: { decisions: [{ adminId: other.id, decision: 'reject', reason: 'not on a Friday' }] },
    });
    expect(no.json.finishedAt).not.toBeNull();
    expect(said(await operations.call(owner, 'reject', agreedTo.id))).toEqual([200, 'rejected']);
    expect(said(await operations.start(operator, agreedTo.id))).toEqual([409, 'conflict']);
    expect(await lastRecordOf(app, asked.id)).toMatchObject({
      reason: 'not on a Friday',
      after: { phase: 'rejected' },
    });
    expect(await trailOf(app, asked.id)).toEqual(onlyNow(['reject denied', 'reject denied', 'reject success']));
    expect(await trailOf(app, agreedTo.id)).toEqual(onlyNow(['approve success', 'reject success', 'start failure']));
  });

  it('counts only while whoever gave it may still give it', async () => {
    const approvers = await roleOf(app, 'operations.approve');
    const ways: ((approver: Person) => Promise<unknown>)[] = [
      (approver) => takeRole(app, owner, approver, approvers),
      (approver) => app.call('PATCH', `/v1/admin/admins/${approver.id}`, { as: owner, body: { status: 'locked' } }),
      (approver) => app.call('DELETE', `/v1/admin/admins/${approver.id}`, { as: owner }),
    ];
    for (const lose of ways) {
      const [asked, approver] = [await waiting(), await app.person(approvers)];
      expect(said(await operations.approve(approver, asked))).toEqual([200, 'approved']);
      await lose(approver);
      expect(said(await operations.start(operator, asked.id))).toEqual([409, 'not_approved']);
      expect([await operations.phaseOf(asked.id), await changed(asked)]).toEqual(['approved', 0]);
      expect(await trailOf(app, asked.id)).toEqual(onlyNow(['approve success', 'start failure']));
    }
  });

  it('is asked for within 24 hours; after them the plan is nobody’s any more', async () => {
    const [asked, agreedTo, fresh] = [await waiting(), await agreed(), await waiting()];
    const { createdAt, approval } = await operations.read(operator, fresh.id);
    expect(Date.parse(approval.expiresAt) - Date.parse(createdAt)).toBe(86_400_000);
    await app.db.query('UPDATE admin_operations SET approve_by = now() WHERE id = ANY ($1)', [[asked.id, agreedTo.id]]);
    const mine = await app.call('GET', '/v1/admin/operations?forMe=true&limit=200', { as: other });
    const ids = mine.json.items.map(({ id }: { id: string }) => id);
    expect([ids.includes(asked.id), ids.includes(fresh.id)]).toEqual([false, true]);
    const before = [
      await operations.approve(other, asked),
      await breakGlass(other, asked.id),
      await operations.start(operator, agreedTo.id),
    ];
    expect(before.map(said)).toEqual(Array(3).fill([409, 'conflict']));
    await app.worker().scheduled('* * * * *');
    for (const { id } of [asked, agreedTo])
      expect(await operations.read(operator, id)).toMatchObject({
        phase: 'expired',
        status: 'failed',
        failureReason: 'Nobody agreed to it and started it in time.',
        itemsDone: 0,
      });
    const later = [await operations.approve(other, asked), await operations.start(operator, agreedTo.id)];
    expect(later.map(said)).toEqual(Array(2).fill([409, 'conflict']));
    expect(await trailOf(app, asked.id)).toEqual(
      onlyNow(['approve failure', 'break-glass failure', 'expire failure', 'approve failure']),
    );
    expect(await trailOf(app, agreedTo.id)).toEqual(
      onlyNow(['approve success', 'start failure', 'expire failure', 'start failure']),
    );
    expect(await operations.phaseOf(fresh.id)).toBe('awaiting_approval');
    expect([await changed(asked), await changed(agreedTo)]).toEqual([0, 0]);
  });
});

describe('a start', () => {
  it('is refused to whoever has lost a permission since, and names it', async () => {
    const roles = [await roleOf(app, 'operations.execute'), await roleOf(app, 'services.config.update')] as const;
    for (const [lost, permission] of [
      [roles[0], 'operations.execute'],
      [roles[1], 'services.config.update'],
    ] as const) {
      const person = await app.person(roles[0]);
      await app.grant(person.id, roles[1]);
      const asked = await agreed(1, person);
      await takeRole(app, owner, person, lost);
      const answer = await operations.start(person, asked.id);
      expect(said(answer)).toEqual([403, 'forbidden']);
      expect(answer.json.detail).toContain(permission);
      expect([await operations.phaseOf(asked.id), await changed(asked)]).toEqual(['approved', 0]);
      expect(await trailOf(app, asked.id)).toEqual(onlyNow(['approve success', 'start denied']));
    }
  });

  it('comes to nothing when a permission is lost before the run, and says which', async () => {
    const execute = await roleOf(app, 'operations.execute');
    const update = await roleOf(app, 'services.config.update');
    const ways: [string, (person: Person) => Promise<unknown>][] = [
      ['lacks operations.execute now', (person) => takeRole(app, owner, person, execute)],
      ['lacks services.config.update now', (person) => takeRole(app, owner, person, update)],
      ['is locked', ({ id }) => app.call('PATCH', `/v1/admin/admins/${id}`, { as: owner, body: { status: 'locked' } })],
    ];
    for (const [why, lose] of ways) {
      const person = await app.person(execute);
      await app.grant(person.id, update);
      const asked = await agreed(2, person);
      // Whoever takes it up meets a database that is away, until the permission is lost.
      app.postgres.decide(({ body }) => (body.includes('SELECT o.locks, o.type') ? 'refuse' : 'none'));
      expect(said(await operations.start(person, asked.id))).toEqual([200, 'queued']);
      await lose(person);
      expect(await operations.phaseOf(asked.id)).toBe('queued');
      app.postgres.decide(() => 'none');
      await app.broker.deliver([queued({ v: 1, kind: 'operation.run', operationId: asked.id })], {
        queue: 'operations',
      });
      expect(await operations.read(owner, asked.id)).toMatchObject({
        phase: 'failed',
        status: 'failed',
        failureReason: `${person.email}, who started it, ${why}.`,
        itemsDone: 0,
      });
      expect(await changed(asked)).toBe(0);
      expect(await trailOf(app, asked.id)).toEqual(onlyNow(['approve success', 'start success', 'fail failure']));
      expect((await lastRecordOf(app, asked.id)).reason).toContain(why);
    }
  });
});

describe('break-glass', () => {
  const toReview = async (id: string): Promise<boolean> => {
    const { json } = await app.call('GET', '/v1/admin/operations?toReview=true&limit=200', { as: owner });
    return json.items.some((each: { id: string }) => each.id === id);
  };

  it('is an owner’s, with a reason', async () => {
    const asked = await waiting();
    const ownerOfOne = await app.person('owner', asked.services[0]);
    expect(said(await breakGlass(operator, asked.id))).toEqual([403, 'forbidden']);
    expect(said(await breakGlass(ownerOfOne, asked.id))).toEqual([403, 'forbidden']);
    for (const reason of ['', '  ']) {
      const answer = await breakGlass(owner, asked.id, reason);
      expect([...said(answer), answer.json.errors[0].field]).toEqual([422, 'invalid_field', 'audit-reason']);
    }
    expect([await operations.phaseOf(asked.id), await changed(asked)]).toEqual(['awaiting_approval', 0]);
    expect(await trailOf(app, asked.id)).toEqual(onlyNow(['break-glass denied', 'break-glass denied']));
  });

  it('starts alone, is told of, and stays flagged until another owner has looked at it', async () => {
    const asked = await waiting();
    const answer = await breakGlass(owner, asked.id);
    expect(answer.json).toMatchObject({
      phase: 'queued',
      startedBy: owner.id,
      breakGlass: { reviewedBy: null, reviewedAt: null },
      approval: { decisions: [] },
    });
    expect(await operations.reached(asked.id)).toBe('completed');
    expect([await changed(asked), await toReview(asked.id)]).toEqual([1, true]);
    const about = () =>
      receiver.received.filter(({ body }) => body.includes(asked.id)).map(({ body }) => JSON.parse(body));
    await until(async () => about().length === 3, 'three notifications');
    const glass = about().find(({ type }) => type === 'operation.break_glass');
    expect(glass?.data).toMatchObject({
      operationId: asked.id,
      operationType: 'services.config.apply',
      phase: 'queued',
      requestedBy: operator.id,
    });
    expect(glass?.data.owners).toEqual(expect.arrayContaining([owner.id, other.id]));
    expect(glass?.data.owners).not.toContain(operator.id);
    expect(
      about()
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['operation.awaiting_approval', 'operation.break_glass', 'operation.finished']);

    const refused = [owner, operator, await app.person('operator')];
    const answers = [];
    for (const person of refused) answers.push(said(await operations.call(person, 'review', asked.id)));
    expect(answers).toEqual([
      [403, 'own_plan'],
      [403, 'own_plan'],
      [403, 'forbidden'],
    ]);
    expect(await toReview(asked.id)).toBe(true);
    const reviewed = await operations.call(other, 'review', asked.id, undefined, { 'Audit-Reason': 'was right' });
    expect(reviewed.json).toMatchObject({ phase: 'completed', breakGlass: { reviewedBy: other.id } });
    expect(reviewed.json.breakGlass.reviewedAt).not.toBeNull();
    expect(await toReview(asked.id)).toBe(false);
    expect(said(await operations.call(other, 'review', asked.id))).toEqual([409, 'conflict']);
    expect(await trailOf(app, asked.id)).toEqual(
      onlyNow([
        'break-glass success',
        'complete success',
        ...Array(3).fill('review denied'),
        'review success',
        'review failure',
      ]),
    );
    const { rows } = await app.db.query(
      `SELECT reason FROM audit_outbox WHERE resource_id = $1 AND action = 'operation.break-glass'`,
      [asked.id],
    );
    expect(rows).toEqual([{ reason: 'the database is on fire' }]);
  });

  it('is not reviewed by whoever broke it, whatever others did with the operation since', async () => {
    const asked = await waiting();
    expect(said(await breakGlass(owner, asked.id))).toEqual([200, 'queued']);
    expect(await operations.reached(asked.id)).toBe('completed');
    expect((await operations.call(operator, 'undo', asked.id)).status).toBe(200);
    expect(await operations.reached(asked.id, ['undone'])).toBe('undone');
    expect(said(await operations.call(owner, 'review', asked.id))).toEqual([403, 'own_plan']);
    expect(await toReview(asked.id)).toBe(true);
    expect((await trailOf(app, asked.id)).at(-1)).toBe('operation.review denied');
  });
});

describe('OPERATION_APPROVALS', () => {
  let managers: string;
  let approvers: string;
  beforeAll(async () => {
    [managers, approvers] = [await roleOf(app, 'operations.approve'), await roleOf(app, 'operations.approve')];
    const approvals = JSON.stringify({ destructive: { quorum: 2, roles: ['owner', managers] } });
    Object.assign(app.settings, { OPERATION_APPROVALS: approvals });
    await app.restart();
  });
  const manager = () => app.person(managers);

  it('asks for that many different admins', async () => {
    const asked = await waiting();
    const [one, two] = [await manager(), await manager()];
    const first = await operations.approve(one, asked);
    expect(first.json).toMatchObject({ phase: 'awaiting_approval', approval: { needed: 2, decisions: [{}] } });
    expect(said(await operations.start(operator, asked.id))).toEqual([409, 'conflict']);
    expect(said(await operations.approve(one, asked))).toEqual([409, 'conflict']);
    expect(said(await operations.approve(two, asked))).toEqual([200, 'approved']);
    await takeRole(app, owner, one, managers);
    expect(said(await operations.start(operator, asked.id))).toEqual([409, 'not_approved']);
    expect(await trailOf(app, asked.id)).toEqual(
      onlyNow(['approve success', 'start failure', 'approve failure', 'approve success', 'start failure']),
    );
    const routine = await operations.asked(operator, {
      type: 'services.maintenance',
      target: { type: 'services', ids: asked.services },
      parameters: { maintenanceMode: true },
    });
    expect([routine.phase, routine.approval.needed]).toEqual(['queued', 0]);
  });

  it('counts two who agree at the same moment as two, and one who does so twice as one', async () => {
    let tried = 0;
    for (; tried < 2 * volume; tried++) {
      const [asked, twice] = [await waiting(), await waiting()];
      const [one, two] = [await manager(), await manager()];
      const both = await atOnce(
        app,
        asked.id,
        [one, two].map((person) => () => operations.approve(person, asked)),
      );
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      expect(await operations.phaseOf(asked.id)).toBe('approved');
      const same = await atOnce(
        app,
        twice.id,
        [one, one].map((person) => () => operations.approve(person, twice)),
      );
      expect(same.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      expect(await operations.phaseOf(twice.id)).toBe('awaiting_approval');
      expect((await trailOf(app, twice.id)).toSorted()).toEqual(
        onlyNow(['approve success', 'approve failure']).toSorted(),
      );
    }
    console.log(`approvals at the same moment: tried ${tried} by two and ${tried} twice by one, failed 0`);
  });

  it('restricts them to roles, when they agree and when it starts', async () => {
    const asked = await waiting();
    const stranger = await app.person(approvers);
    const answer = await operations.approve(stranger, asked);
    expect(said(answer)).toEqual([403, 'forbidden']);
    expect(answer.json.detail).toContain(managers);
    const both = await manager();
    await app.grant(both.id, approvers);
    for (const person of [other, both]) expect((await operations.approve(person, asked)).status).toBe(200);
    await takeRole(app, owner, both, managers);
    expect(said(await operations.start(operator, asked.id))).toEqual([409, 'not_approved']);
    expect(await trailOf(app, asked.id)).toEqual(
      onlyNow(['approve denied', 'approve success', 'approve success', 'start failure']),
    );
  });
});
