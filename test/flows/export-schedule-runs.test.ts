import { randomUUID } from 'node:crypto';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp, type Person, until } from '../app.ts';
import { insertRows, pick, row } from '../audit-rows.ts';
import {
  change,
  DAILY,
  exportsOf,
  made,
  makeDue,
  read,
  recordsOf,
  role,
  SCHEDULES,
  tick,
} from '../export-schedules.ts';
import { random } from '../random.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await commonApp();
  auditor = await app.person('auditor');
});
afterAll(() => app.stop());

describe('export-schedules.run', () => {
  it('makes a file that holds the previous day’s rows only, once for a time missed often', async () => {
    const service = await app.service();
    // One in each quarter of an hour, so that a day of another zone holds others.
    const rows = Array.from({ length: 4 * 96 }, (_, n) =>
      row(Date.now() - n * 900_000, {
        service_id: service,
        action: 'service.config.update',
        resource: 'service_config',
      }),
    );
    await insertRows(app, 'admin_audit_logs', rows);
    const { id, nextRunAt } = await made(app, auditor, {
      period: 'previous_day',
      parameters: { serviceId: service, action: 'service.config.update' },
    });
    await tick(app);
    expect(await exportsOf(app, id)).toEqual([]);
    await makeDue(app, [id], '5 days');
    await tick(app);
    await tick(app);
    const [run, ...more] = await exportsOf(app, id);
    expect(more).toEqual([]);
    expect(run).toMatchObject({ requested_by: auditor.id, name: DAILY.name, scope: [service] });
    const view = await app.finished(auditor, run.id);
    expect(view.status).toBe('ready');
    const file = Papa.parse<{ id: string }>((await app.download(view.downloadUrl)).text.trimEnd(), { header: true });
    const wanted = await app.analytics<{ id: string }>(
      `SELECT id FROM audit_db.admin_audit_logs WHERE service_id = '${service}' AND action = 'service.config.update'
         AND toDate(timestamp, 'Europe/Berlin') = toDate(now() - 60, 'Europe/Berlin') - 1`,
    );
    expect(file.data.map((each) => each.id).toSorted()).toEqual(wanted.map((each) => each.id).toSorted());
    expect(Math.abs(wanted.length - 96)).toBeLessThanOrEqual(4);
    const after = await read(app, auditor, id);
    expect(after).toMatchObject({ nextRunAt, lastExportId: run.id, lastError: null, version: 1 });
    const records = (await recordsOf(app, id)).filter((r) => r.action === 'export.request');
    expect(records).toMatchObject([
      { actor_id: auditor.id, actor_role: 'system', outcome: 'success', resource_id: run.id, service_id: service },
    ]);
    expect(records[0].after_state).toMatchObject({ scheduleId: id, name: DAILY.name, parameters: run.parameters });
    console.log(`previous day: ${wanted.length} of ${rows.length} rows belong to it and are in the file, others 0`);
  });

  it('runs each once, however many runners there are', async () => {
    let tried = 0;
    for (let round = 0; round < 4; round++) {
      const ids: string[] = [];
      for (let n = 0; n < 3; n++) ids.push((await made(app, auditor, { parameters: { resourceId: 'none' } })).id);
      await makeDue(app, ids);
      await Promise.all([0, 1, 2, 3].map(() => tick(app)));
      for (const id of ids) {
        expect(await exportsOf(app, id)).toHaveLength(1);
        tried++;
        await app.call('DELETE', `${SCHEDULES}/${id}`, { as: auditor });
      }
    }
    console.log(`four runners at once: tried ${tried} schedules, made twice 0, left out 0`);
  });

  it('leaves alone what is not settled, off or changed meanwhile', async () => {
    const { id } = await made(app, auditor, { parameters: { resourceId: 'none' } });
    await makeDue(app, [id], '50 seconds');
    await tick(app);
    expect(await exportsOf(app, id)).toEqual([]);
    // A change of something else does not move its time.
    await change(app, auditor, id, { name: 'Renamed' });
    await makeDue(app, [id]);
    await change(app, auditor, id, { name: 'Renamed again' });
    await tick(app);
    expect(await exportsOf(app, id)).toMatchObject([{ name: 'Renamed again' }]);
    await makeDue(app, [id]);
    await change(app, auditor, id, { enabled: false });
    await tick(app);
    expect(await exportsOf(app, id)).toHaveLength(1);
  });

  it('makes none when its owner may not any more, and says why', async () => {
    const service = await app.service();
    const lose = 'DELETE FROM grants WHERE admin_id = $1';
    const cases: [what: string, sql: string, says: string][] = [
      ['locked', `UPDATE admins SET status = 'locked' WHERE id = $1`, 'Its owner is locked.'],
      ['removed', `UPDATE admins SET status = 'removed' WHERE id = $1`, 'Its owner is no admin any more.'],
      ['role taken', lose, 'Its owner does not hold the permission exports.request for this data any more.'],
      [
        'data permission lost',
        `UPDATE roles SET permissions = '{exports.request}' WHERE id IN (SELECT role_id FROM grants WHERE admin_id = $1)`,
        'Its owner does not hold the permission audit.view for this data any more.',
      ],
      [
        'export permission lost',
        `UPDATE roles SET permissions = '{audit.view}' WHERE id IN (SELECT role_id FROM grants WHERE admin_id = $1)`,
        'Its owner does not hold the permission exports.request for this data any more.',
      ],
    ];
    const tried: { what: string; says: string; person: Person; id: string }[] = [];
    for (const [what, sql, says] of cases)
      for (const about of [null, service]) {
        const person = await app.person(await role(app, 'exports.request', 'audit.view'), about);
        const { id } = await made(app, person, about ? { parameters: { serviceId: about } } : {});
        await app.db.query(sql, [person.id]);
        tried.push({ what, says, person, id });
      }
    await makeDue(
      app,
      tried.map(({ id }) => id),
    );
    await tick(app);
    await tick(app);
    const overseer = await app.person('owner');
    for (const { what, says, person, id } of tried) {
      expect([what, await exportsOf(app, id)]).toEqual([what, []]);
      const { json } = await app.call('GET', `${SCHEDULES}/${id}?owner=all`, { as: overseer });
      expect(json).toMatchObject({ enabled: false, nextRunAt: null, lastError: says, lastRunAt: null, version: 2 });
      const records = (await recordsOf(app, id)).filter((r) => r.actor_role === 'system');
      expect(records).toMatchObject([
        { action: 'export.request', resource: 'export', outcome: 'denied' },
        { action: 'export.schedule.disable', resource: 'export_schedule', resource_id: id, outcome: 'success' },
      ]);
      for (const record of records)
        expect([record.actor_id, record.reason]).toEqual([person.id, `schedule ${id}: ${says}`]);
      expect(records[1]).toMatchObject({
        before_state: { enabled: true, lastError: null },
        after_state: { enabled: false, lastError: says },
      });
    }
    console.log(`owners who may not any more: tried ${tried.length}, exports made 0`);
  });

  it('goes on when its owner may again and switches it on', async () => {
    const person = await app.person('auditor');
    const { id } = await made(app, person);
    await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = $1`, [person.id]);
    await makeDue(app, [id]);
    await tick(app);
    await app.db.query(`UPDATE admins SET status = 'active' WHERE id = $1`, [person.id]);
    expect((await read(app, person, id)).lastError).toBe('Its owner is locked.');
    const { json } = await change(app, person, id, { enabled: true });
    expect([json.enabled, json.lastError, Date.parse(json.nextRunAt) > Date.now()]).toEqual([true, null, true]);
    await makeDue(app, [id]);
    await tick(app);
    expect(await exportsOf(app, id)).toHaveLength(1);
  });

  it('is not stopped by one that cannot be run', async () => {
    const broken = await Promise.all([0, 1, 2].map(() => made(app, auditor, { period: 'previous_day' })));
    const { id } = await made(app, auditor);
    const [zone, type, filter] = broken.map((each) => each.id);
    await app.db.query(`UPDATE export_schedules SET time_zone = 'Europe/Atlantis' WHERE id = $1`, [zone]);
    await app.db.query(`UPDATE export_schedules SET export_type = 'gone' WHERE id = $1`, [type]);
    await app.db.query(`UPDATE export_schedules SET parameters = '{"gone": 1}' WHERE id = $1`, [filter]);
    await makeDue(app, [zone, type, filter], '10 minutes');
    await makeDue(app, [id]);
    await tick(app);
    expect(await exportsOf(app, id)).toHaveLength(1);
    for (const each of [zone, type, filter])
      expect(
        (await app.db.query('SELECT enabled, last_error FROM export_schedules WHERE id = $1', [each])).rows,
      ).toEqual([{ enabled: false, last_error: 'What it asks for cannot be exported any more; change it first.' }]);
  });
});

describe('export-schedules.run now', () => {
  const runNow = (as: Person, id: string, headers: Record<string, string> = {}) =>
    app.call('POST', `${SCHEDULES}/${id}/run`, { as, headers });

  it('makes an export beside its times, each since the last one', async () => {
    const { id, nextRunAt } = await made(app, auditor, {
      period: 'since_last_run',
      parameters: { resourceId: 'none' },
    });
    await change(app, auditor, id, { enabled: false });
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await runNow(auditor, id, { 'Audit-Reason': 'ticket 5' }));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const rows = await exportsOf(app, id);
    expect(rows.map((row) => row.id)).toEqual(answers.map(({ json }) => json.exportId));
    expect(answers[0]?.headers.get('location')).toBe(`/v1/admin/exports/${rows[0].id}`);
    expect(rows[0].parameters.from).toBeUndefined();
    for (const [n, row] of rows.entries())
      if (n > 0) expect(Date.parse(row.parameters.from)).toBe(Date.parse(rows[n - 1].parameters.to) + 1);
    expect(await read(app, auditor, id)).toMatchObject({ enabled: false, nextRunAt: null, lastExportId: rows[2].id });
    expect(nextRunAt).not.toBeNull();
    await app.finished(auditor, rows[2].id);
    const { rows: records } = await app.db.query(
      `SELECT reason, actor_role, after_state->>'scheduleId' AS schedule FROM audit_outbox WHERE resource_id = $1 AND action = 'export.request'`,
      [rows[0].id],
    );
    expect(records).toEqual([{ reason: 'ticket 5', actor_role: 'auditor', schedule: id }]);
  });

  it('leaves no gap and no overlap between runs at once', async () => {
    const { id } = await made(app, auditor, { period: 'since_last_run', parameters: { resourceId: 'none' } });
    await makeDue(app, [id]);
    await Promise.all([tick(app), ...[0, 1, 2].map(() => runNow(auditor, id)), tick(app)]);
    const rows = (await exportsOf(app, id))
      .map(({ parameters }) => parameters)
      .toSorted((a, b) => (a.to < b.to ? -1 : 1));
    expect(rows.length).toBeGreaterThan(1);
    for (const [n, row] of rows.entries())
      expect(row.from).toBe(n === 0 ? undefined : new Date(Date.parse(rows[n - 1].to) + 1).toISOString());
    console.log(`runs at once: ${rows.length} files, overlaps 0, gaps 0`);
  });

  it('is one for one Idempotency-Key', async () => {
    const { id } = await made(app, auditor, { parameters: { resourceId: 'none' } });
    const other = await made(app, auditor);
    const key = { 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all([0, 1, 2].map(() => runNow(auditor, id, key)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await exportsOf(app, id)).toHaveLength(1);
    expect((await runNow(auditor, other.id, key)).json.code).toBe('idempotency_key_reused');
  });

  it('asks for the permission on the data, and records who was refused', async () => {
    const name = await role(app, 'exports.request', 'audit.view');
    const person = await app.person(name);
    const { id } = await made(app, person);
    await app.db.query(`UPDATE roles SET permissions = '{exports.request}' WHERE name = $1`, [name]);
    const refused = await runNow(person, id);
    expect([refused.status, refused.json.detail]).toEqual([403, 'This needs the permission audit.view.']);
    expect(await exportsOf(app, id)).toEqual([]);
    await until(
      async () => (await recordsOf(app, id)).some((r) => r.outcome === 'denied' && r.action === 'export.request'),
      'the refusal is recorded',
    );
  });
});

describe('export-schedules.scope', () => {
  it('is what a request by its owner would get', async () => {
    const services = [await app.service(), await app.service(), await app.service()];
    const [requester, viewer] = [await role(app, 'exports.request'), await role(app, 'audit.view')];
    const roles = [
      requester,
      viewer,
      await role(app, 'exports.request', 'audit.view'),
      await role(app, 'services.view'),
    ];
    const [a = '', b = ''] = services;
    const everywhere = null;
    const known: { name: string; serviceId: string | null }[][] = [
      [
        { name: requester, serviceId: everywhere },
        { name: viewer, serviceId: a },
        { name: viewer, serviceId: b },
      ],
      // No service in which both are held.
      [
        { name: requester, serviceId: a },
        { name: viewer, serviceId: b },
      ],
    ];
    const anything = { exportType: 'audit_logs', parameters: { resourceId: 'none' } };
    const drawn = Array.from({ length: 40 }, () => ({
      id: randomUUID(),
      grants: Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({
        name: pick(roles),
        serviceId: random() < 0.25 ? null : pick(services),
      })),
      body: {
        exportType: pick(['audit_logs', 'security_events']),
        parameters: { resourceId: 'none', ...(random() < 0.4 ? { serviceId: pick(services) } : {}) },
      },
    }));
    const tried = await Promise.all(
      [...known.map((grants) => ({ id: randomUUID(), grants, body: anything })), ...drawn].map(
        async ({ id, grants, body }) => {
          const person = await app.person(null);
          const different = new Map(grants.map((grant) => [JSON.stringify(grant), grant]));
          for (const { name, serviceId } of different.values()) await app.grant(person.id, name, serviceId);
          await app.db.query(
            `INSERT INTO export_schedules (id, owner_id, name, export_type, parameters, file_format, cron, next_run_at)
           VALUES ($1, $2, 'x', $3, $4, 'csv', '0 6 * * *', now() - interval '2 minutes')`,
            [id, person.id, body.exportType, body.parameters],
          );
          const asked = await app.call('POST', '/v1/admin/exports', { as: person, body });
          return { id, requested: asked.status === 202 ? (asked.json.id as string) : null };
        },
      ),
    );
    await tick(app);
    const seen = { made: 0, refused: 0 };
    for (const { id, requested } of tried) {
      const [scheduled] = await exportsOf(app, id);
      const { rows } = await app.db.query('SELECT scope, data_permission FROM admin_exports WHERE id = $1', [
        requested,
      ]);
      // What nobody could download, because the two permissions meet in no service, is not made.
      const wanted = rows[0]?.scope?.length === 0 ? undefined : rows[0];
      expect(scheduled && { scope: scheduled.scope, data_permission: scheduled.data_permission }).toEqual(wanted);
      seen[scheduled ? 'made' : 'refused']++;
    }
    expect(Math.min(seen.made, seen.refused)).toBeGreaterThan(3);
    console.log(`scope: tried ${tried.length} owners, made ${seen.made}, refused ${seen.refused}, differing 0`);
  });
});
