import { PgDialect } from 'drizzle-orm/pg-core';
import Papa from 'papaparse';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSecret } from '../../domain/audit/redact.ts';
import { judgeKey } from '../../domain/audit/redact-keys.ts';
import { PERSONAL_DATA } from '../../drizzle/repositories/export-personal-data.ts';
import type { RowSource } from '../../drizzle/repositories/export-rows.ts';
import * as sources from '../../drizzle/repositories/export-sources.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { asField, CANARIES, type Canary, inText } from '../canaries.ts';
import { declaredExports, type ExportTypeName, EXPORT_TYPE_NAMES as NAMES } from '../declared-exports.ts';
import { exportOf, rowsOfNdjson } from '../exported-file.ts';
import { plantAdmin, plantUser } from '../personal-data.ts';

let app: App;
let owner: Person;
let machine: Person;
let service: string;
beforeAll(async () => {
  app = await startApp({ EXPORT_CONCURRENCY: '16', EXPORT_CONCURRENCY_PER_ADMIN: '16' });
  [owner, machine] = [await app.person('owner'), await app.person('telemetry')];
  service = await app.service();
  expect((await app.patch(owner, service, { auditLevel: 'DETAILED' })).status).toBe(200);
  // Every type has something to export.
  const under = `/v1/admin/services/${service}`;
  for (const [path, body] of [
    [`${under}/features`, { code: 'plain', name: 'Plain' }],
    [`${under}/testers/users`, { userId: crypto.randomUUID(), note: 'plain' }],
    ['/v1/admin/admins', { subject: 'plain', email: 'plain@example.com', name: 'Plain' }],
  ] as const)
    expect((await app.call('POST', path, { as: owner, body })).status).toBe(201);
  await app.db.query(
    `INSERT INTO admin_operations (id, type, actor_admin_id, target_type, parameters) VALUES ($1, 'plain', $1, 'service', '{}')`,
    [owner.id],
  );
});
afterAll(() => app.stop());

const EXPORT_TYPES = await declaredExports();
const columnsOf = (type: ExportTypeName): string[] => EXPORT_TYPES[type].columns.map(({ name }) => name);

const SECRET_KINDS: readonly string[] = ['secret', 'code', 'link', 'opaque'];
const isSecretName = (name: string) => SECRET_KINDS.includes(judgeKey(name));
/** What holds tokens, hashes of requests, bodies nobody redacted, or where the bytes of files lie, whatever its name is. */
const MATERIAL = [
  ...['idempotency_keys.key', 'idempotency_keys.request_hash', 'idempotency_keys.answer', 'dead_letters.body'],
  ...['admin_exports.file_location', 'admin_export_chunks.object_key', 'service_documents.object_key'],
  ...['admin_sessions.id', 'audit_outbox.batch_id'],
];
const POSTGRES: Partial<Record<ExportTypeName, RowSource<never>>> = {
  admins: sources.ADMINS,
  services: sources.SERVICES,
  features: sources.FEATURES,
  testers: sources.TESTERS,
  operations: sources.OPERATIONS,
  personal_data: PERSONAL_DATA,
};
/** What a file must be asked for with, where that is anything. */
const personOf = (type: ExportTypeName) => ('adminId' in EXPORT_TYPES[type].filter.shape ? { adminId: owner.id } : {});

/** What personal data says in place of an id. */
const NAMES_INSTEAD_OF_IDS = ['grants.role'];

/** `table.key` of everything that is said about an admin and about a user with rows in every table. */
async function insideOf(exporter: pg.Client): Promise<string[]> {
  const [who, other, userId] = [await app.person('viewer'), await app.person(null), crypto.randomUUID()];
  await plantAdmin(app, who, other, service);
  await plantUser(app, userId, other, [service]);
  const found = [{ adminId: who.id }, { userId }].map(async (person) => {
    const query = new PgDialect().sqlToQuery(PERSONAL_DATA.select(person, '2100-01-01 00:00:00'));
    const { rows } = await exporter.query<{ column: string }>(
      `SELECT DISTINCT store || '.' || key AS column FROM (${query.sql}) s, jsonb_object_keys(s.data) AS key`,
      query.params,
    );
    return rows.map(({ column }) => column);
  });
  return [...new Set((await Promise.all(found)).flat())];
}

describe('export_secrets.columns', () => {
  it('declares no column that is named like a secret, and none twice', () => {
    expect(Object.keys(EXPORT_TYPES)).toEqual(NAMES);
    const all = NAMES.flatMap((type) => columnsOf(type).map((name) => `${type}.${name}`));
    expect(all.filter((column) => isSecretName(column.split('.')[1] ?? ''))).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
    // The rule itself, so that it cannot pass by judging nothing.
    for (const name of ['password_hash', 'client_secret', 'refresh_token', 'totp_secret', 'api_key', 'private_key'])
      expect([name, isSecretName(name)]).toEqual([name, true]);
    console.log(`columns declared: ${all.length} of ${NAMES.length} types, named like a secret 0`);
  });

  it('reads from Postgres exactly what it declares, none of it from a column that holds a secret', async () => {
    const { rows } = await app.db.query<{ column: string; at: string }>(
      `SELECT c.relname || '.' || a.attname AS column, c.oid || '.' || a.attnum AS at
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
    );
    const nameAt = new Map(rows.map(({ at, column }) => [at, column]));
    const secret = rows
      .map(({ column }) => column)
      .filter((column) => isSecretName(column.split('.')[1] ?? '') || MATERIAL.includes(column));
    // Every one of the list is there: a column that was renamed must be looked at again.
    expect(MATERIAL.filter((column) => !secret.includes(column))).toEqual([]);
    const reached = new Set<string>();
    const url = Object.assign(new URL(app.ownerUrl), { username: 'steward_exporter' });
    url.password = app.engines.rolePasswords.exporter;
    const exporter = new pg.Client({ connectionString: url.href });
    await exporter.connect();
    for (const [type, source] of Object.entries(POSTGRES) as [ExportTypeName, RowSource<object>][]) {
      const query = new PgDialect().sqlToQuery(
        source.select({ services: null, ...personOf(type) }, '2100-01-01 00:00:00'),
      );
      const { fields } = await exporter.query(`SELECT * FROM (${query.sql}) s LIMIT 0`, query.params);
      expect([type, fields.map(({ name }) => name).sort()]).toEqual([type, columnsOf(type).toSorted()]);
      for (const { tableID, columnID } of fields) reached.add(nameAt.get(`${tableID}.${columnID}`) ?? 'computed');
    }
    expect(reached.size).toBeGreaterThan(40);
    expect([...reached].filter((column) => secret.includes(column))).toEqual([]);
    // What lies inside of personal data is told apart by its table only.
    const inside = await insideOf(exporter);
    expect(inside.filter((column) => secret.includes(column) || isSecretName(column.split('.')[1] ?? ''))).toEqual([]);
    const known = [...rows.map(({ column }) => column), ...NAMES_INSTEAD_OF_IDS];
    expect(inside.filter((column) => !known.includes(column) && !column.endsWith('.service_slug'))).toEqual([]);
    expect(new Set(inside.map((column) => column.split('.')[0])).size).toBe(20);
    // What is not exported at all is not even readable to who exports: but for the exports' own tables and where documents lie.
    const { rows: readable } = await app.db.query<{ column: string }>(
      `SELECT table_name || '.' || column_name AS column FROM information_schema.columns WHERE table_schema = 'public'
         AND has_column_privilege('steward_exporter', quote_ident(table_name), column_name, 'SELECT')`,
    );
    const bare = readable
      .map(({ column }) => column)
      .filter((column) => secret.includes(column) && !/^admin_export|object_key$/.test(column));
    await exporter.end();
    expect(bare).toEqual([]);
    console.log(
      `Postgres: columns ${rows.length}, secret ${secret.length}, reached by exports ${reached.size} and inside of personal data ${inside.length}, of these secret 0`,
    );
  });

  it('reads from ClickHouse no column that is named like a secret', async () => {
    const columns = await app.analytics<{ name: string }>(
      `SELECT DISTINCT name FROM system.columns WHERE database IN ('audit_db', 'analytics_db')`,
    );
    const secret = columns.map(({ name }) => name).filter(isSecretName);
    expect(secret).toContain('session_key');
    const declared = new Set(NAMES.filter((type) => !POSTGRES[type]).flatMap(columnsOf));
    // Nor what only the ingestion is to know.
    expect([...secret, 'pack_id', 'accepted_at', 'legal_hold', 'words'].filter((name) => declared.has(name))).toEqual(
      [],
    );
    console.log(`ClickHouse: columns ${columns.length}, secret ${secret.length}, exported 0`);
  });
});

const spellings = (needle: string) => [needle, JSON.stringify(needle).slice(1, -1), encodeURIComponent(needle)];

const inHeader = (text: string) => text.replace(/[\r\n]+/g, ' ').replace(/[^\x20-\x7e\xa0-\xff]/g, '?');
const attributes = (of: Record<string, string>) =>
  Object.entries(of).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/** Ways into each store that an export reads. */
async function plant(canary: Canary, n: number): Promise<number[]> {
  const words = inText(canary);
  const record = {
    eventName: 'app.widget.click',
    body: { stringValue: words },
    attributes: attributes({
      ...asField(canary),
      'app.widget.name': words,
      'url.full': `https://a.example.com/x?q=${encodeURIComponent(words)}`,
    }),
  };
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
  const headers = { 'Audit-Reason': inHeader(words), 'User-Agent': inHeader(words), 'X-Request-Id': inHeader(words) };
  const post = (path: string, body: object) => app.call('POST', path, { as: owner, body });
  const under = `/v1/admin/services/${service}`;
  const kept =
    findSecret(words) === null
      ? []
      : [
          ...[{ description: words }, { name: words }].map((body) => app.call('PATCH', under, { as: owner, body })),
          app.patch(owner, service, { maintenanceMessage: words }),
          post(`${under}/features`, { code: `c${n}`, name: 'n', description: words }),
          post(`${under}/testers/users`, { userId: crypto.randomUUID(), note: words }),
          post('/v1/admin/admins', { subject: words, email: `c${n}@example.com`, name: words }),
        ];
  const answers = await Promise.all([
    app.call('POST', '/v1/otlp/v1/logs', { as: machine, body: logs }),
    app.patch(owner, service, { ...asField(canary), x: [asField(canary)] }),
    app.patch(owner, service, { rateLimitRequests: 1000 + n }, headers),
    app.call('GET', `/v1/audit/logs?q=${encodeURIComponent(words.slice(0, 100))}`, { as: owner, headers }),
    ...kept,
  ]);
  expect([canary.name, kept.length, answers.slice(4).filter(({ status }) => status !== 422 && status !== 400)]).toEqual(
    [canary.name, kept.length, []],
  );
  return answers.map(({ status }) => status);
}

describe('export_secrets.canaries', () => {
  it('lets none of sixty planted secrets out, whatever is exported', async () => {
    const statuses = (await Promise.all(CANARIES.map(plant))).flat();
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    await app.drained();
    await until(async () => {
      const [found] = await app.analytics<{ n: string }>(
        `SELECT count() AS n FROM audit_db.admin_ui_events WHERE actor_id = '${machine.id}'`,
      );
      return Number(found?.n) >= CANARIES.length;
    }, 'the events are stored');
    const found: string[] = [];
    const redacted: Record<string, number> = {};
    let cells = 0;
    const one = async (exportType: ExportTypeName, fileFormat: string) => {
      const { shape } = EXPORT_TYPES[exportType].filter;
      const actorId = exportType === 'ui_events' ? machine.id : owner.id;
      const file = await exportOf(app, owner, {
        exportType,
        parameters: 'actorId' in shape ? { actorId } : personOf(exportType),
        fileFormat,
      });
      const rows =
        fileFormat === 'csv'
          ? Papa.parse<Record<string, string>>(file.text, { header: true, newline: '\n', skipEmptyLines: true }).data
          : rowsOfNdjson(file.text);
      for (const row of rows) {
        expect(Object.keys(row)).toEqual(columnsOf(exportType));
        cells += Object.keys(row).length;
        const text = JSON.stringify(row);
        // A whole cell, for what only a cell shows; the file as text, for what may straddle cells.
        found.push(
          ...Object.values(row).flatMap((cell) =>
            typeof cell === 'string' && findSecret(cell) ? [`${exportType}: ${cell}`] : [],
          ),
        );
        redacted[exportType] = (redacted[exportType] ?? 0) + (text.includes('[redacted') ? 1 : 0);
      }
      const spelt = [file.text, file.text.replaceAll('""', '"'), file.text.replaceAll("'", '')].join('\n');
      for (const { name, needle } of CANARIES)
        if (spellings(needle).some((spelling) => spelt.includes(spelling))) found.push(`${name} in ${exportType}`);
    };
    await Promise.all(NAMES.flatMap((type) => ['csv', 'ndjson'].map((format) => one(type, format))));
    console.log(
      `canaries: ${CANARIES.length}, requests ${statuses.length}, files ${NAMES.length * 2}, cells ${cells}, found ${found.length}; rows with something redacted ${JSON.stringify(redacted)}`,
    );
    // What was planted must have come this far: otherwise finding nothing says nothing.
    for (const type of ['audit_logs', 'api_logs', 'ui_events'] as const)
      expect(redacted[type]).toBeGreaterThan(CANARIES.length);
    for (const type of NAMES) expect([type, redacted[type] ?? 'no rows']).not.toEqual([type, 'no rows']);
    expect(found).toEqual([]);
  });
});
