import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import {
  allOf,
  auditorsFingerprint,
  type Known,
  knownPerson,
  plantOld,
  plantRows,
  plantWaiting,
  recordsById,
  storesWith,
  wordsOf,
} from '../erasure.ts';
import { hold, openHold, readHold, releaseHold } from '../holds.ts';
import { operationsOf } from '../operations.ts';
import { plantAdmin, plantUser } from '../personal-data.ts';
import { roleOf } from '../roles.ts';

type Target = { type: 'admin' | 'user'; id: string };
interface Trail {
  records: number;
  digest: string;
  cutoff: string;
  mentions: string[];
  pseudonymised: number;
  held: number;
}
interface Item {
  targetId: string;
  outcome: string;
  error: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

/** Within what goes on beside the rest. */
const IN_TURN = { concurrent: false };

type Stage = Awaited<ReturnType<typeof stageOf>>;

/** A Steward of its own: two erasures of one never go on at the same time. */
async function stageOf() {
  const app = await startApp({ OPERATION_LEASE_SECONDS: '2', EXPORT_LEASE_SECONDS: '2' }, { broker: true });
  const operations = operationsOf(app);
  const [owner, second] = await Promise.all([app.person('owner'), app.person('owner')]);

  async function agreed(target: Target, as = owner): Promise<string> {
    const asked = await operations.asked(as, { type: 'subject.erase', target, reason: 'asked by letter' });
    expect(asked).toMatchObject({ phase: 'awaiting_approval', risk: 'irreversible', approval: { needed: 1 } });
    expect((await operations.approve(second, asked)).json).toMatchObject({ phase: 'approved' });
    return asked.id;
  }

  const itemsOf = async (id: string): Promise<Item[]> => operations.items(owner, id);

  /** Done, every step of it. @returns target → its item */
  async function done(id: string): Promise<Map<string, Item>> {
    await operations.reached(id);
    const items = await itemsOf(id);
    expect(
      items.filter(({ outcome }) => outcome !== 'succeeded').map(({ targetId, error }) => [targetId, error]),
    ).toEqual([]);
    return new Map(items.map((item) => [item.targetId, item]));
  }

  async function erased(target: Target): Promise<Map<string, Item>> {
    const id = await agreed(target);
    expect((await operations.start(owner, id)).status).toBe(200);
    return done(id);
  }

  /** Refused as anybody is whom nobody has made an admin. */
  async function isUnknown(who: Person): Promise<void> {
    const { status, json } = await app.call('GET', '/v1/admin/me', { as: who });
    expect([status, json.code]).toEqual([403, 'not_an_admin']);
  }

  /** @returns who was */
  async function lockOtherOwners(than: Person): Promise<string[]> {
    const { rows } = await app.db.query(
      `UPDATE admins a SET status = 'locked' FROM grants g JOIN roles r ON r.id = g.role_id
     WHERE r.name = 'owner' AND g.admin_id = a.id AND a.id <> $1 AND a.status = 'active' RETURNING a.id`,
      [than.id],
    );
    return rows.map(({ id }) => id);
  }

  const unlock = (ids: string[]) => app.db.query(`UPDATE admins SET status = 'active' WHERE id = ANY ($1)`, [ids]);

  return { app, operations, owner, second, agreed, itemsOf, done, erased, isUnknown, lockOtherOwners, unlock };
}

const trailOf = (items: Map<string, Item>): { before: Trail; after: Trail } =>
  items.get('admin_audit_logs') as unknown as { before: Trail; after: Trail };

/** In every store: rows, a session in use, a file about them, records on their way. */
async function fullPerson(app: App, other: Person, service: string): Promise<Known> {
  const who = await knownPerson(app, 'viewer');
  await plantAdmin(app, who, other, service);
  expect((await app.call('GET', '/v1/admin/me', { as: who })).status).toBe(200);
  await app.db.query('UPDATE admin_sessions SET ip_address = $2, user_agent = $3 WHERE admin_id = $1', [
    who.id,
    who.ip,
    who.agent,
  ]);
  await app.db.query('UPDATE service_tester_admins SET note = $2 WHERE admin_id = $1', [
    other.id,
    `asked for by ${who.email}`,
  ]);
  await app.db.query(
    `INSERT INTO idempotency_keys (admin_id, route, key, request_hash, resource_id, answer) VALUES ($1, 'r', 'k', 'h', $2, $3)`,
    [other.id, randomUUID(), JSON.stringify({ email: who.email })],
  );
  return who;
}

describe.concurrent('subject.erase', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await stageOf();
  });
  afterAll(() => stage.app.stop());

  describe('done', IN_TURN, () => {
    it('leaves nothing of a person in any store but what is on hold, and that when it is released', async () => {
      const { app, owner, erased, isUnknown } = stage;
      const [service, elsewhere] = [await app.service(), await app.service()];
      const [other, stranger] = [await knownPerson(app, 'viewer'), await app.person(null)];
      const who = await fullPerson(app, stranger, service);
      const records = (await plantRows(app, who, stranger, service)).map(({ id }) => id);
      await plantRows(app, other, stranger, elsewhere);
      const old = await plantOld(app, who, stranger, service);
      const to = new Date(Date.now() - 2 * 3_600_000).toISOString();
      const holds = [
        await openHold(app, owner, { actorId: who.id, to }),
        await openHold(app, owner, { resource: 'admin', resourceId: who.id, to }),
      ];
      for (const { id } of holds) await hold(app, owner, id, 'active');
      const held = await recordsById(app, old);
      expect(held.map(({ legal_hold }) => legal_hold)).toEqual([1, 1, 1, 1]);
      const file = await app.exported(owner, { actorId: who.id });
      expect((await app.finished(owner, file)).status).toBe('ready');
      const waiting = await plantWaiting(app, who);
      const before = await storesWith(app, wordsOf(who));
      expect(Object.keys(before.found).length).toBeGreaterThan(9);
      const others = await allOf(app, other);

      const items = await erased({ type: 'admin', id: who.id });
      await app.drained();
      const trail = trailOf(items);
      expect(trail.before).toMatchObject({
        records: trail.after.records,
        digest: trail.after.digest,
        pseudonymised: 0,
      });
      // By them six, and about them three, of which four are held; those on their way are not held.
      expect(trail.after).toMatchObject({ pseudonymised: records.length + waiting.length, held: old.length });
      expect(await auditorsFingerprint(app, who.id, trail.after)).toEqual({
        records: trail.after.records,
        digest: trail.after.digest,
      });
      expect(await recordsById(app, old)).toEqual(held);
      const left = await storesWith(app, wordsOf(who));
      expect(left.found).toEqual({ 'audit_db.admin_audit_logs': old.length });
      expect(await allOf(app, other)).toEqual(others);
      await isUnknown(who);
      expect((await app.call('GET', '/v1/admin/me', { as: other })).status).toBe(200);
      // By the index of words and by the projection of addresses: both were rewritten with the records.
      for (const asked of ['q', 'actorEmail']) {
        const path = `/v1/audit/logs?${asked}=${encodeURIComponent(who.email)}&limit=200`;
        const { items } = (await app.call('GET', path, { as: owner })).json as { items: { id: string }[] };
        expect(items.length).toBeGreaterThan(0);
        expect(items.map(({ id }) => id).filter((id) => !old.includes(id))).toEqual([]);
      }
      expect((await recordsById(app, [...records, ...waiting])).length).toBe(records.length + waiting.length);

      for (const { id } of holds) await releaseHold(app, owner, id);
      for (const { id } of holds) await hold(app, owner, id, 'released');
      const again = trailOf(await erased({ type: 'admin', id: who.id }));
      expect(again.after).toMatchObject({ pseudonymised: old.length, held: 0, digest: again.before.digest });
      expect((await storesWith(app, wordsOf(who))).found).toEqual({});
      console.log(
        `subject.erase: tried ${left.searched} stores, before in ${Object.keys(before.found).length}, left 0 beside ${old.length} held records, those by a second one; fingerprints ${trail.after.records} and ${again.after.records} records, changed 0`,
      );
    }, 120_000);

    describe('at one time', () => {
      let who: Known;
      let other: Person;
      let holdId: string;
      let old: { ids: string[]; before: Record<string, string>[] };
      let channels: string[];
      let items: Map<string, Item>;
      beforeAll(async () => {
        const { app, owner, operations, agreed, done } = stage;
        [who, other] = [await knownPerson(app, 'viewer'), await app.person(null)];
        const ids = await plantOld(app, who, other, await app.service());
        const id = await agreed({ type: 'admin', id: who.id });
        // Accepted, and the nudge was lost.
        holdId = randomUUID();
        await app.db.query(`INSERT INTO audit_holds (id, reason, actor_id, created_by) VALUES ($1, 'case 8', $2, $3)`, [
          ...[holdId, who.id, owner.id],
        ]);
        old = { ids, before: await recordsById(app, ids) };
        const loud = who.email.toUpperCase();
        const recipients = [
          [other.email, loud],
          [loud, who.email],
          [other.email, `x-${who.email}`],
        ];
        channels = recipients.map(() => randomUUID());
        for (const [n, of] of recipients.entries())
          await app.db.query(
            `INSERT INTO notification_channels (id, type, name, settings, events) VALUES ($1, 'email', $3, $2, '{export.ready}')`,
            [channels[n], JSON.stringify({ recipients: of }), `channel ${channels[n]}`],
          );
        await operations.start(owner, id);
        items = await done(id);
      });

      it('waits for a hold that was accepted but not applied, and leaves its records', async () => {
        const { app, owner } = stage;
        expect(trailOf(items).after.held).toBe(3);
        const now = await recordsById(app, old.ids);
        const by = (rows: Record<string, string>[]) =>
          rows.filter(({ actor_id }) => actor_id === who.id).map(({ legal_hold: _, ...row }) => row);
        expect(by(now)).toEqual(by(old.before));
        expect((await readHold(app, owner, holdId)).status).toBe('active');
      });

      it('takes somebody off the e-mail channels; one that has nobody left is off and says why', async () => {
        const { app, owner } = stage;
        const { rows } = await app.db.query(
          'SELECT id, settings, enabled, disabled_reason, version FROM notification_channels WHERE id = ANY ($1) ORDER BY array_position($1, id)',
          [channels],
        );
        const [both, alone, others] = channels;
        expect(rows).toEqual([
          { id: both, settings: { recipients: [other.email] }, enabled: true, disabled_reason: null, version: 2 },
          { id: alone, settings: { recipients: [] }, enabled: false, disabled_reason: 'no_recipients', version: 2 },
          {
            id: others,
            settings: { recipients: [other.email, `x-${who.email}`] },
            enabled: true,
            disabled_reason: null,
            version: 1,
          },
        ]);
        const on = await app.call('PATCH', `/v1/admin/notification-channels/${alone}`, {
          as: owner,
          body: { enabled: true },
        });
        expect([on.status, on.json.errors[0].field]).toEqual([422, 'recipients']);
      });
    });

    it('takes away what makes a user a tester, and the notes of it in the trail', async () => {
      const { app, owner, second, erased } = stage;
      const services = [await app.service(), await app.service()];
      const [userId, note] = [randomUUID(), `Ünique note ${randomUUID()}`];
      await plantUser(app, userId, second, services);
      const created = await app.call('POST', `/v1/admin/services/${await app.service()}/testers/users`, {
        as: owner,
        body: { userId, note },
      });
      expect(created.status).toBe(201);
      await app.drained();
      const items = await erased({ type: 'user', id: userId });
      expect(items.get('account')?.after).toMatchObject({ serviceTesterUsers: 3 });
      expect([...items.keys()]).toEqual(['account', 'files', 'admin_audit_logs', 'copies']);
      expect(trailOf(items).after).toMatchObject({ pseudonymised: 1, held: 0 });
      await app.drained();
      expect((await storesWith(app, [note, 'former note'])).found).toEqual({});
      expect((await app.db.query('SELECT FROM service_tester_users WHERE user_id = $1', [userId])).rowCount).toBe(0);
    }, 60_000);
  });
});

describe.concurrent('subject.erase', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await stageOf();
  });
  afterAll(() => stage.app.stop());

  describe('refused', IN_TURN, () => {
    it('is planned for nobody who asks for it, nor for the last owner, nor for nobody', async () => {
      const { app, operations, owner, lockOtherOwners, unlock } = stage;
      const asks = (as: Person, target: Target) => operations.post(as, { type: 'subject.erase', target });
      const self = await asks(owner, { type: 'admin', id: owner.id });
      expect([self.status, self.json.code]).toEqual([409, 'would_lock_out']);
      const officer = await app.person(await roleOf(app, 'operations.execute', 'admins.manage'));
      const others = await lockOtherOwners(owner);
      const last = await asks(officer, { type: 'admin', id: owner.id });
      await unlock(others);
      expect([last.status, last.json.code]).toEqual([409, 'last_owner']);
      for (const type of ['admin', 'user'] as const)
        expect((await asks(owner, { type, id: randomUUID() })).status).toBe(404);
      const lacks = await app.person(await roleOf(app, 'operations.execute', 'audit.view', 'services.testers.manage'));
      const refused = await asks(lacks, { type: 'admin', id: owner.id });
      expect([refused.status, refused.json.code]).toEqual([403, 'forbidden']);
    });

    it('is not done by the person; nothing of it', async () => {
      const { app, operations, agreed, itemsOf } = stage;
      const third = await app.person('owner');
      const id = await agreed({ type: 'admin', id: third.id });
      expect((await operations.start(third, id)).status).toBe(200);
      expect(await operations.reached(id)).toBe('incomplete');
      const first = 'failed: The account comes first; retry what failed.';
      expect((await itemsOf(id)).map(({ outcome, error }) => `${outcome}: ${error}`)).toEqual([
        'failed: Nobody may erase themselves.',
        ...Array(6).fill(first),
      ]);
      expect((await app.call('GET', '/v1/admin/me', { as: third })).status).toBe(200);
    });

    it('is refused by the database itself unless it is running, and for whom is the last owner by then', async () => {
      const { app, owner, agreed, lockOtherOwners, unlock } = stage;
      const third = await app.person('owner');
      const id = await agreed({ type: 'admin', id: third.id });
      const said = async (statement: string) =>
        app.db.query(statement, [id]).then(
          ({ rows }) => rows[0],
          (error: { message: string }) => error.message,
        );
      const functions = [
        'erase_account($1)',
        `erased_names($1, '{}')`,
        `erase_copies($1, 'admin_exports')`,
        'erase_names($1)',
      ];
      for (const one of functions)
        expect(await said(`SELECT * FROM ${one}`)).toBe('this is no erasure that is running');
      await app.db.query(`UPDATE admin_operations SET phase = 'running', started_by = $2 WHERE id = $1`, [
        id,
        owner.id,
      ]);
      const others = await lockOtherOwners(third);
      expect(await said('SELECT refused, done FROM erase_account($1)')).toEqual({
        refused: 'No active owner would be left.',
        done: null,
      });
      await unlock(others);
      const { rows } = await app.db.query('SELECT email, status FROM admins WHERE id = $1', [third.id]);
      expect(rows).toEqual([{ email: third.email, status: 'active' }]);
      await app.db.query(`UPDATE admin_operations SET phase = 'cancelled' WHERE id = $1`, [id]);
    });

    it('fails what it cannot settle, loses nothing by it, and goes on when it is retried', async () => {
      const { app, operations, owner, agreed, itemsOf, done, isUnknown } = stage;
      const who = await knownPerson(app, 'viewer');
      await plantRows(app, who, await app.person(null), await app.service());
      const [letter, batch] = [randomUUID(), randomUUID()];
      await app.db.query(`INSERT INTO dead_letters (id, queue, body, attempts) VALUES ($1, 'audit-events', $2, 3)`, [
        letter,
        JSON.stringify({ apiLogs: [{ actor_email: who.email }] }),
      ]);
      const [, taken] = await plantWaiting(app, who);
      await app.db.query(
        `UPDATE audit_outbox SET batch_id = $2, leased_until = now() + interval '1 hour' WHERE id = $1`,
        [taken, batch],
      );
      const id = await agreed({ type: 'admin', id: who.id });
      await operations.start(owner, id);
      expect(await operations.reached(id)).toBe('incomplete');
      const items = new Map((await itemsOf(id)).map((item) => [item.targetId, item]));
      for (const table of ['admin_ui_events', 'admin_api_logs', 'admin_sessions'])
        expect(items.get(table)?.error).toContain('1 messages that nobody could deliver name the person');
      expect(items.get('admin_audit_logs')?.error).toContain('still on their way');
      expect(items.get('copies')?.error).toContain('Another step has to be done first');
      await isUnknown(who);
      await app.db.query('UPDATE dead_letters SET replayed_at = now() WHERE id = $1', [letter]);
      await app.db.query('UPDATE audit_outbox SET leased_until = now() WHERE id = $1', [taken]);
      expect((await operations.call(owner, 'retry-failed', id)).status).toBe(200);
      await done(id);
      await app.drained();
      expect((await storesWith(app, wordsOf(who))).found).toEqual({});
    }, 60_000);
  });

  describe('crash', IN_TURN, () => {
    const KEEPS = 'INSERT INTO \\"admin_operation_items\\"';
    /** Of a batch: from which step on. Its first parameters are locks, tokens, operation, operation, position. */
    const positionIn = (body: string): number => {
      const said = JSON.parse(body);
      return Number((said.queries?.at(-1) ?? said).params[4]);
    };

    it('comes to the same when the runtime is killed after a step, before anybody knows of it', async () => {
      const { app, operations, owner, agreed, done } = stage;
      const who = await knownPerson(app, 'viewer');
      await plantRows(app, who, await app.person(null), await app.service());
      const theirs = { mentions: [], cutoff: '2100-01-01 00:00:00' };
      const before = await auditorsFingerprint(app, who.id, theirs);
      const id = await agreed({ type: 'admin', id: who.id });
      const stops = [0, 5];
      for (const stop of stops) {
        let held = false;
        app.postgres.decide(({ body }) => {
          if (!body.includes(KEEPS) || !body.includes(id) || positionIn(body) < stop) return 'none';
          held = true;
          return 'hang';
        });
        if (stop === 0) await operations.start(owner, id);
        await until(
          async () => {
            if (!held && stop > 0) await app.worker().scheduled('* * * * *');
            return held;
          },
          `step ${stop} is done and nobody knows`,
          40_000,
          300,
        );
        await app.crash();
        // A minute's lease of whoever brought records on their way: this is the same as waiting.
        await app.db.query(
          'UPDATE audit_outbox SET leased_until = now() WHERE leased_until > now() AND sent_at IS NULL',
        );
      }
      app.postgres.decide(() => 'none');
      await until(
        async () => {
          await app.worker().scheduled('* * * * *');
          return (await operations.phaseOf(id)) !== 'running';
        },
        'the sweep has brought it to its end',
        40_000,
        300,
      );
      const items = await done(id);
      expect(items.get('account')?.after).toMatchObject({ admins: 1, grants: 1 });
      await app.drained();
      expect(await auditorsFingerprint(app, who.id, theirs)).toEqual(before);
      expect((await storesWith(app, wordsOf(who))).found).toEqual({});
      const { rows } = await app.db.query(
        `SELECT resource_id, count(*)::int AS n FROM audit_outbox WHERE action = 'subject.erase' AND strpos(reason, $1) > 0 GROUP BY 1`,
        [id],
      );
      expect(rows.map(({ n }) => n)).toEqual(Array(8).fill(1));
      console.log(
        `subject.erase killed ${stops.length} times: tried ${before.records} records, changed 0; recorded twice 0`,
      );
    }, 120_000);
  });
});
