import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp, until } from '../app.ts';
import { DAY_MS, NO_SERVICE } from '../audit-rows.ts';
import { declaredExports, type ExportTypeName, EXPORT_TYPE_NAMES as NAMES } from '../declared-exports.ts';
import { chunksOf } from '../export-files.ts';
import { fillDatabase } from '../export-fill.ts';
import { analyticsModels, databaseModels, type Models } from '../export-models.ts';
import { askFor, exportOf, type FileRow, rowsOfNdjson } from '../exported-file.ts';
import { volume } from '../faults/campaign.ts';

const CHUNK_BYTES = 6000;
const EXPORT_TYPES = await declaredExports();
let app: App;
let owner: Person;
let services: string[];
let models: Models;
/** Each a file, in one format; a campaign asks for more of them. */
const filtersOf = new Map<ExportTypeName, Record<string, unknown>[]>();
/** Counted by the export's own query, without a file. */
const countedOf = new Map<ExportTypeName, Record<string, unknown>[]>();
const isCampaign = volume > 1;

beforeAll(async () => {
  app = await startApp({
    ...{ EXPORT_CHUNK_BYTES: String(CHUNK_BYTES), EXPORT_CHUNKS_PER_RUN: '5' },
    ...{ EXPORT_CONCURRENCY: '16', EXPORT_CONCURRENCY_PER_ADMIN: '16' },
  });
  owner = await app.person('owner');
  services = await Promise.all([app.service(), app.service(), app.service()]);
  const persons = await fillDatabase(app, owner.id, services);
  models = { ...(await analyticsModels(app, services)), ...databaseModels(app, services, persons) };
  for (const type of NAMES) {
    const { from, to } = models[type].none;
    // One service, and what is about none, whatever chance has chosen.
    const hasServices = 'serviceId' in EXPORT_TYPES[type].filter.shape;
    const one = hasServices ? [{ from, to, serviceId: services[0] }] : [];
    const none = hasServices ? [{ from, to, serviceId: NO_SERVICE }] : [];
    const ended = type === 'sessions' ? [{ from, to, ended: 'false', serviceId: services[0] }] : [];
    const some = Array.from({ length: volume }, () => models[type].someFilter());
    // Each field by itself, until chance has named it: a field that breaks the query must not wait for luck.
    const single: Record<string, unknown>[] = [];
    for (const name of Object.keys(models[type].someFilter())) {
      const chosen = Array.from({ length: 200 }, () => models[type].someFilter()).find(
        (each) => each[name] !== undefined,
      );
      single.push({ from, to, [name]: chosen?.[name] });
    }
    const [files, more] = hasServices
      ? [
          [...one, ...ended],
          [...none, ...some],
        ]
      : [some, []];
    if (type === 'audit_logs') files.push(...none);
    filtersOf.set(type, (isCampaign ? [...files, ...more] : files).map(given));
    countedOf.set(type, [...single, ...more].map(given));
  }
});
afterAll(() => app.stop());

const columnsOf = (type: ExportTypeName) => EXPORT_TYPES[type].columns.map(({ name }) => name);
const asColumns = (type: ExportTypeName, rows: readonly FileRow[]) =>
  rows.map((row) => Object.fromEntries(columnsOf(type).map((name) => [name, row[name]])));
const asText = (cell: FileRow[string] | undefined) => (Array.isArray(cell) ? cell.join(' ') : String(cell ?? ''));
const given = (filter: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));

/** What all rows of a type are asked for with. */
function wholeOf(type: ExportTypeName): Record<string, string> {
  const { none, whole } = models[type];
  return given(whole ?? { from: none.from, to: none.to }) as Record<string, string>;
}

const wholeFiles = new Map<string, ReturnType<typeof exportOf>>();
/** All rows of a type, in many parts; made once for all tests. */
function wholeFile(exportType: ExportTypeName, fileFormat: string) {
  const key = `${exportType} ${fileFormat}`;
  const asked = { exportType, parameters: wholeOf(exportType), fileFormat };
  const file = wholeFiles.get(key) ?? exportOf(app, owner, asked);
  wholeFiles.set(key, file);
  return file;
}

const FORMATS = ['ndjson', 'csv', 'json'];
/** How a file without rows begins and ends its format alone says: of each store, one type is enough. */
const EMPTY_IN_EVERY_FORMAT: readonly string[] = ['audit_logs', 'features'];

/** Their exports wait for the queue of events before they read: these wait at the same time. */
const AWAITING_EVENTS: readonly string[] = ['api_logs', 'ui_events', 'sessions'];

describe('export_types.happy', () => {
  for (const type of NAMES)
    it(`${type}: the rows of its list for any filter, each once, in order, the same in every format`, {
      concurrent: AWAITING_EVENTS.includes(type),
    }, async () => {
      const model = models[type];
      const filters = [given(model.none), ...(filtersOf.get(type) ?? [])] as Record<string, string>[];
      let [rows, files] = [0, 0];
      const one = async (parameters: Record<string, string>, n: number) => {
        const wanted = asColumns(type, await model.rows(parameters, null));
        const estimate = app.call('POST', '/v1/admin/exports/estimate', {
          as: owner,
          body: { exportType: type, parameters },
        });
        const isEvery = n === 0 || (n === 1 && (isCampaign || EMPTY_IN_EVERY_FORMAT.includes(type)));
        const formats = isEvery ? FORMATS : FORMATS.slice(0, 1);
        files += formats.length;
        const [file, csv, json] = await Promise.all(
          formats.map((fileFormat) =>
            n === 0 ? wholeFile(type, fileFormat) : exportOf(app, owner, { exportType: type, parameters, fileFormat }),
          ),
        );
        if (!file) throw new Error('no file was asked for');
        const found = rowsOfNdjson(file.text);
        expect([parameters, found.map((row) => row.id)]).toEqual([parameters, wanted.map((row) => row.id)]);
        expect(found).toEqual(wanted);
        for (const row of found) expect(Object.keys(row)).toEqual(columnsOf(type));
        expect([parameters, file.view.rowsExpected, file.view.rowsDone]).toEqual([
          parameters,
          found.length,
          found.length,
        ]);
        expect([parameters, (await estimate).json.rows]).toEqual([parameters, found.length]);
        rows += found.length;
        if (!isEvery) return;
        expect(JSON.parse(csv === undefined ? '' : (json?.text ?? ''))).toEqual(found);
        expect(csv?.text.split('\n')[0]).toBe(
          columnsOf(type)
            .map((name) => `"${name}"`)
            .join(','),
        );
        const { data } = Papa.parse<string[]>(csv?.text.trimEnd() ?? '');
        expect(data.slice(1)).toEqual(found.map((row) => columnsOf(type).map((name) => asText(row[name]))));
      };
      await Promise.all([wholeOf(type), ...filters].map(one));
      const count = async (parameters: Record<string, string>) => {
        const body = { exportType: type, parameters };
        const { json } = await app.call('POST', '/v1/admin/exports/estimate', { as: owner, body });
        expect([parameters, json.rows]).toEqual([parameters, (await model.rows(parameters, null)).length]);
      };
      await Promise.all(((countedOf.get(type) ?? []) as Record<string, string>[]).map(count));
      console.log(
        `${type}: counted ${countedOf.get(type)?.length}, filters ${filters.length + 1}, files ${files}, rows of NDJSON ${rows}, wrong 0`,
      );
    });

  it('gives of a gzipped file the plain one, byte for byte', async () => {
    let parts = 0;
    const both = async (exportType: ExportTypeName, fileFormat: string) => {
      const packing = exportOf(app, owner, {
        ...{ exportType, parameters: wholeOf(exportType), fileFormat },
        compression: 'gzip',
      });
      const [plain, packed] = await Promise.all([wholeFile(exportType, fileFormat), packing]);
      expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true);
      expect(packed.bytes.length).toBeLessThan(plain.bytes.length);
      const chunks = await chunksOf(app, packed.id);
      expect(chunks.length).toBeGreaterThan(3);
      parts += chunks.length;
    };
    const types = ['audit_logs', 'features'] as const;
    const all = FORMATS.flatMap((format) => types.map((type) => [type, format] as const));
    // Of either store, and in every format; a campaign has every format of both.
    const chosen = isCampaign ? all : all.filter(([type, format]) => (type === 'features') === (format === 'json'));
    await Promise.all(chosen.map((each) => both(...each)));
    console.log(`gzip: files ${chosen.length}, members ${parts}, different from the plain file 0`);
  });

  it('reads Postgres page by page, also when the last page is exactly full', async () => {
    const service = await app.service();
    const add = (from: number, to: number) =>
      app.db.query(
        `INSERT INTO service_features (id, service_id, name, code, created_by, created_at)
         SELECT gen_random_uuid(), $1, 'Same', 'f' || n, $1, '2026-01-01T00:00:00.123Z' FROM generate_series($2::int, $3::int) n`,
        [service, from, to],
      );
    await add(1000, 1000);
    for (const fileFormat of ['csv', 'json']) {
      await app.db.query('DELETE FROM service_features WHERE service_id = $1 AND code > $2', [service, 'f1000']);
      const asked = { exportType: 'features', parameters: { serviceId: service }, fileFormat };
      const [one, header] = [
        await exportOf(app, owner, asked),
        fileFormat === 'csv' ? `"${columnsOf('features').join('","')}"\n` : '',
      ];
      const line = fileFormat === 'csv' ? one.text.length - header.length : one.text.length - '[\n\n]\n'.length;
      const page = Math.ceil(CHUNK_BYTES / line);
      let last = 1000;
      for (const rows of [4 * page - 1, 4 * page, 4 * page + 1]) {
        await add(last + 1, 999 + rows);
        last = 999 + rows;
        const file = await exportOf(app, owner, asked);
        const ids =
          fileFormat === 'json' ? JSON.parse(file.text) : Papa.parse(file.text.trimEnd(), { header: true }).data;
        expect(new Set(ids.map(({ id }: FileRow) => id)).size).toBe(rows);
        expect(ids).toHaveLength(rows);
        const sizes = (await chunksOf(app, file.id)).map((chunk) => Number(chunk.rows));
        const full = Math.floor(rows / page);
        expect(sizes).toEqual([...Array(full).fill(page), ...(rows % page ? [rows % page] : [])]);
      }
    }
    console.log('pages: 6 files of 4 pages and one row less, none and one more; lost 0, twice 0');
  });
});

describe('export_types.negative', () => {
  it('gives who holds the permissions for one service that service’s rows only', async () => {
    const [mine = '', theirs = ''] = services;
    const manager = await app.person('operator', mine);
    // May read another service, and export nothing of it.
    await app.grant(manager.id, 'viewer', theirs);
    const everywhere: readonly string[] = ['admins', 'operations', 'personal_data'];
    let rows = 0;
    const one = async (type: ExportTypeName) => {
      const parameters = wholeOf(type);
      const file = await exportOf(app, manager, { exportType: type, parameters, fileFormat: 'ndjson' });
      expect(rowsOfNdjson(file.text)).toEqual(asColumns(type, await models[type].rows(parameters, [mine])));
      expect(rowsOfNdjson(file.text).length).toBeGreaterThan(0);
      rows += file.view.rowsDone;
    };
    const files = Promise.all(NAMES.filter((type) => !everywhere.includes(type)).map(one));
    const refused: { exportType: string; parameters?: Record<string, unknown> }[] = [
      { exportType: 'admins' },
      { exportType: 'operations' },
      { exportType: 'personal_data', parameters: wholeOf('personal_data') },
      { exportType: 'sessions', parameters: { ended: 'true' } },
      { exportType: 'sessions', parameters: { ended: 'false', serviceId: mine } },
      { exportType: 'features', parameters: { serviceId: theirs } },
      { exportType: 'audit_logs', parameters: { serviceId: NO_SERVICE } },
    ];
    // Without any grant that holds everywhere it is as if there were no such thing, as anywhere in the API.
    const half = await app.person('operator', mine);
    await app.grant(half.id, 'viewer');
    for (const asked of refused) {
      const estimating = { as: half, body: asked };
      const [answer, estimate] = [
        await askFor(app, half, asked),
        await app.call('POST', '/v1/admin/exports/estimate', estimating),
      ];
      expect([asked, answer.status, estimate.status]).toEqual([asked, 403, 403]);
      const status = (await askFor(app, manager, asked)).status;
      expect([asked, status]).toEqual([asked, asked.parameters?.serviceId === theirs ? 403 : 404]);
    }
    const elsewhere = { exportType: 'features', parameters: { serviceId: services[2] } };
    expect((await askFor(app, manager, elsewhere)).status).toBe(404);
    await files;
    await app.drained();
    const denials = `SELECT count() AS n FROM audit_db.admin_audit_logs WHERE actor_id IN ('${manager.id}', '${half.id}')
      AND outcome = 'denied' AND action = 'export.request'`;
    await until(
      async () => Number((await app.analytics<{ n: number }>(denials))[0]?.n) === 2 * refused.length + 1,
      'they are recorded',
    );
    console.log(
      `scope: types 9, rows ${rows} of one service and no other, refused ${2 * refused.length + 1}, all recorded`,
    );
  });

  it('needs the permission on the data, and refuses without it on the record', async () => {
    const role = `exports-${randomUUID().slice(0, 8)}`;
    await app.db.query(
      `INSERT INTO roles (id, name, permissions) VALUES ($1, $2, '{exports.request,exports.download}')`,
      [randomUUID(), role],
    );
    const person = await app.person(role);
    for (const type of NAMES) {
      const answer = await askFor(app, person, { exportType: type, parameters: wholeOf(type) });
      expect([type, answer.status, answer.json.code]).toEqual([type, 403, 'forbidden']);
      expect(answer.text).toContain(EXPORT_TYPES[type].permission);
    }
    const { rows } = await app.db.query(
      `SELECT count(*)::int AS n FROM audit_outbox WHERE actor_id = $1 AND outcome = 'denied' AND action = 'export.request'`,
      [person.id],
    );
    expect(rows[0].n).toBe(NAMES.length);
  });

  it('names the parameter that is unknown or out of place', async () => {
    let tried = 0;
    for (const type of NAMES) {
      const shape = Object.keys(EXPORT_TYPES[type].filter.shape);
      const wrong: Record<string, unknown>[] = [
        { limit: 5 },
        { nonsense: 'x' },
        ...shape.map((name) => ({ [name]: [{}] })),
      ];
      for (const parameters of wrong) {
        const answer = await askFor(app, owner, { exportType: type, parameters });
        const fields = (answer.json.errors ?? []).map(({ field }: { field: string }) => field);
        expect([type, parameters, answer.status, answer.json.code]).toEqual([type, parameters, 422, 'invalid_field']);
        expect([type, fields.join()]).toEqual([
          type,
          expect.stringContaining(`parameters.${Object.keys(parameters)[0]}`),
        ]);
        tried++;
      }
    }
    const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
    expect((await askFor(app, owner, { exportType: 'audit_logs', parameters: { from: yesterday } })).status).toBe(422);
    // A file of personal data is of one person, never of nobody or of more than one.
    const { adminId } = wholeOf('personal_data');
    for (const parameters of [{}, { adminId, userId: adminId }]) {
      const answer = await askFor(app, owner, { exportType: 'personal_data', parameters });
      expect([answer.status, answer.json.errors]).toEqual([
        422,
        [{ field: 'parameters', reason: 'must name one person: adminId or userId' }],
      ]);
    }
    console.log(`filters: tried ${tried + 3} unknown or wrong parameters, let through 0`);
  });
});
