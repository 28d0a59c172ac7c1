import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type App, commonApp, type Person } from '../app.ts';
import { operationsOf } from '../operations.ts';

let app: App;
let operations: ReturnType<typeof operationsOf>;
let owner: Person;
beforeAll(async () => {
  app = await commonApp();
  operations = operationsOf(app);
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const upload = (csv: string, query: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
  app.call('POST', `/v1/admin/operations/upload?${new URLSearchParams(query)}`, {
    as: owner,
    body: csv,
    headers: { 'Content-Type': 'text/csv', 'Audit-Reason': 'the list of the incident', ...headers },
  });

const countOf = async (table: string) => (await app.db.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;

/** Features of a service, switched on. */
async function features(count: number): Promise<{ service: string; codes: string[] }> {
  const service = await app.service();
  const codes = Array.from({ length: count }, (_, i) => `f${i}`);
  await app.db.query(
    `INSERT INTO service_features (id, service_id, name, code, created_by) SELECT gen_random_uuid(), $1, c, c, $2 FROM unnest($3::text[]) AS c`,
    [service, owner.id, codes],
  );
  return { service, codes };
}

const activeOf = async (service: string): Promise<Record<string, boolean>> => {
  const { rows } = await app.db.query('SELECT code, is_active FROM service_features WHERE service_id = $1', [service]);
  return Object.fromEntries(rows.map(({ code, is_active: isActive }) => [code, isActive]));
};

describe('operations from a CSV file', () => {
  it('does to each row what the row says', async () => {
    const { service, codes } = await features(300);
    const lines = codes.map((code, i) => `${code},${i % 3 === 0 ? 'false' : 'true'},${service}`);
    const answer = await upload(['code,Is Active,SERVICE_ID', ...lines].join('\r\n'), { type: 'features.toggle' });
    expect(answer.status).toBe(202);
    expect(answer.json.file).toMatchObject({ rows: 300, accepted: 300, errorCount: 0, ignoredColumns: [] });
    expect(answer.headers.get('location')).toBe(`/v1/admin/operations/${answer.json.operation.id}`);
    expect(await operations.reached(answer.json.operation.id)).toBe('completed');
    const active = await activeOf(service);
    expect(codes.filter((code, i) => active[code] !== (i % 3 !== 0))).toEqual([]);
    const done = await operations.read(owner, answer.json.operation.id);
    expect(done).toMatchObject({
      itemsDone: 300,
      itemsSkipped: 200,
      itemsFailed: 0,
      reason: 'the list of the incident',
    });
    // What each was told to become is the plan's, so an undo needs no file.
    await operations.call(owner, 'undo', done.id);
    expect(await operations.reached(done.id, ['undone'])).toBe('undone');
    expect(Object.values(await activeOf(service)).every(Boolean)).toBe(true);
  });

  it('plans nothing unless every row is right, and says which are not', async () => {
    const { service } = await features(3);
    const before = await countOf('admin_operations');
    const csv = [
      'serviceId,code,isActive,comment',
      `${service},f0,false,fine`,
      `${service},f1,perhaps,`,
      `not-a-uuid,f2,true,`,
      `${service},f0,true,again`,
      `${service},missing,true,`,
    ].join('\n');
    const refused = await upload(csv, { type: 'features.toggle' });
    expect([refused.status, refused.json.code]).toEqual([422, 'invalid_field']);
    expect(refused.json.errors.map(({ field }: { field: string }) => field)).toEqual([
      'line 3, isActive',
      'line 4, serviceId',
      expect.stringMatching(/^line 5/),
    ]);
    const unknown = await upload(`serviceId,code,isActive\n${service},f0,false\n${service},missing,true\n`, {
      type: 'features.toggle',
    });
    expect([unknown.status, unknown.json.errors]).toEqual([
      422,
      [{ field: 'line 3', reason: 'there is no such thing, or none you may change' }],
    ]);
    expect(await countOf('admin_operations')).toBe(before);
    expect(Object.values(await activeOf(service)).every(Boolean)).toBe(true);

    const partial = await upload(csv, { type: 'features.toggle', partial: 'true' });
    expect(partial.status).toBe(202);
    expect(partial.json.file).toMatchObject({ rows: 5, accepted: 1, errorCount: 4, ignoredColumns: ['comment'] });
    expect(partial.json.file.errors.map(({ line }: { line: number }) => line)).toEqual([3, 4, 5, 6]);
    expect(await operations.reached(partial.json.operation.id)).toBe('completed');
    expect(await activeOf(service)).toEqual({ f0: false, f1: true, f2: true });
  });

  it('takes columns by other names, and one answer for one key', async () => {
    const { service } = await features(1);
    const csv = `Dienst;Merkmal;an\n${service};f0;no\n`;
    const mapping = JSON.stringify({ serviceId: 'Dienst', code: 'Merkmal', isActive: 'an' });
    const query = { type: 'features.toggle', mapping };
    const key = { 'Idempotency-Key': randomUUID() };
    const [first, second] = [await upload(csv, query, key), await upload(csv, query, key)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.json.operation.id).toBe(first.json.operation.id);
    const other = await upload(csv.replace('no', 'yes'), query, key);
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await operations.reached(first.json.operation.id)).toBe('completed');
    expect(await activeOf(service)).toEqual({ f0: false });
  });

  it('refuses what is no such file, and leaves nothing behind', async () => {
    const before = await countOf('admin_operations');
    const wrong: [string, Record<string, string>, Record<string, string>, number, string][] = [
      [
        'sessionId\na\n',
        { type: 'sessions.revoke' },
        { 'Content-Type': 'application/json' },
        415,
        'unsupported_media_type',
      ],
      ['sessionId\na\n', { type: 'sessions.revoke' }, { 'Audit-Reason': '' }, 422, 'invalid_field'],
      ['sessionId\n', { type: 'sessions.revoke' }, {}, 400, 'malformed_request'],
      ['', { type: 'sessions.revoke' }, {}, 400, 'malformed_request'],
      ['what\nx\n', { type: 'sessions.revoke' }, {}, 422, 'invalid_field'],
      ['sessionId\na\0b\n', { type: 'sessions.revoke' }, {}, 400, 'malformed_request'],
      ['sessionId\nnobody\n', { type: 'sessions.revoke' }, {}, 422, 'invalid_field'],
      ['sessionId\na\n', { type: 'cache.purge' }, {}, 422, 'invalid_field'],
      ['sessionId\na\n', { type: 'sessions.revoke', mapping: '[]' }, {}, 400, 'malformed_request'],
      ['sessionId\na\n', { type: 'sessions.revoke', parameters: '{"x":1}' }, {}, 422, 'invalid_field'],
      ['sessionId\na\n', { type: 'sessions.revoke', nonsense: '1' }, {}, 400, 'unknown_parameter'],
      [`sessionId\n${'x\n'.repeat(100_001)}`, { type: 'sessions.revoke' }, {}, 413, 'body_too_large'],
    ];
    const answers: unknown[] = [];
    for (const [csv, query, headers] of wrong) {
      const { status, json } = await upload(csv, query, headers);
      answers.push([status, json.code]);
    }
    expect(answers).toEqual(wrong.map(([, , , status, code]) => [status, code]));
    expect(await countOf('admin_operations')).toBe(before);
    console.log(`wrong files: tried ${wrong.length}, planned 0`);
  });

  it('ends 20,000 sessions of a file', async () => {
    const other = await app.person('owner');
    const victims = await Promise.all(Array.from({ length: 4 }, () => app.person('viewer')));
    await app.db.query(
      `INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent) SELECT 's-' || n, ($1::uuid[])[1 + n % 4], '::', 'x' FROM generate_series(1, 20000) n`,
      [victims.map(({ id }) => id)],
    );
    const csv = `sessionId\n${Array.from({ length: 20_000 }, (_, i) => `s-${i + 1}`).join('\n')}\n`;
    const { json } = await upload(csv, { type: 'sessions.revoke' });
    expect(json.operation.plan).toMatchObject({ itemsTotal: 20_000, kinds: { session: 20_000 } });
    await operations.approve(other, json.operation);
    await operations.start(owner, json.operation.id);
    expect(await operations.reached(json.operation.id)).toBe('completed');
    expect(
      (await app.db.query(`SELECT count(*)::int AS n FROM admin_sessions WHERE id LIKE 's-%' AND revoked_at IS NULL`))
        .rows[0].n,
    ).toBe(0);
    // Their admins were not meant: other sessions of theirs live on.
    expect((await app.call('GET', '/v1/admin/me', { as: victims[0] as Person })).status).toBe(200);
  });
});
