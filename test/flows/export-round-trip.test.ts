import { randomUUID } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, type Person, startApp } from '../app.ts';
import { insertRows, NO_SERVICE, row } from '../audit-rows.ts';
import { exportOf, type FileRow, rowsOfNdjson } from '../exported-file.ts';
import { volume } from '../faults/campaign.ts';
import { FORMULAS, generated, guarded, NUMBERS, STATES, TEXTS, WITH_NUL } from '../odd-cells.ts';

let app: App;
let owner: Person;
beforeAll(async () => {
  app = await startApp({ EXPORT_CHUNK_BYTES: '50000', EXPORT_CONCURRENCY: '16', EXPORT_CONCURRENCY_PER_ADMIN: '16' });
  owner = await app.person('owner');
});
afterAll(() => app.stop());

const asPapa = (csv: string) =>
  Papa.parse<Record<string, string>>(csv, { header: true, delimiter: ',', newline: '\n', skipEmptyLines: true }).data;
/** A cell without quotes and without text is an absent value. */
const asCsvParse = (csv: string): Record<string, string | null>[] =>
  parse(csv, {
    columns: true,
    cast: (value, { quoting, header }) => (header || quoting || value !== '' ? value : null),
  });

/** A long text is in one column of its row; in a campaign it is in all of them. */
const beside = (text: string) => (volume === 1 && text.length >= 1000 ? '' : text);

interface Planted {
  id: string;
  texts: Record<string, string | null>;
  absent: readonly string[];
}

/** What each of two CSV parsers and JSON.parse make of the file, against what was stored. */
async function roundTrip(asked: { exportType: string; parameters: object }, planted: readonly Planted[]) {
  const [csv, ndjson, json] = await Promise.all(
    ['csv', 'ndjson', 'json'].map(
      async (fileFormat) =>
        (await exportOf(app, owner, { ...asked, parameters: { ...asked.parameters }, fileFormat })).text,
    ),
  );
  const byId = <R extends { id?: unknown }>(rows: readonly R[]) => new Map(rows.map((each) => [each.id, each]));
  const files = {
    papaparse: byId(asPapa(csv ?? '')),
    'csv-parse': byId(asCsvParse(csv ?? '') as Record<string, string>[]),
    'JSON.parse of ndjson': byId(rowsOfNdjson(ndjson ?? '') as Record<string, string>[]),
    'JSON.parse of json': byId(JSON.parse(json ?? '') as Record<string, string>[]),
  };
  let compared = 0;
  for (const [parser, rows] of Object.entries(files)) {
    const isCsv = !parser.startsWith('JSON');
    expect([parser, rows.size]).toEqual([parser, planted.length]);
    for (const { id, texts, absent } of planted) {
      const found: FileRow = rows.get(id) ?? {};
      for (const [name, text] of Object.entries(texts)) {
        const wanted = text !== null && isCsv ? guarded(text) : text;
        // Papa Parse has no word for an absent value.
        const isSame = found[name] === (parser === 'papaparse' ? (wanted ?? '') : wanted);
        if (!isSame) expect([parser, name, found[name]]).toEqual([parser, name, wanted]);
        compared++;
      }
      for (const name of absent)
        expect([parser, name, found[name]]).toEqual([parser, name, parser === 'papaparse' ? '' : null]);
    }
  }
  return { compared, bytes: (csv ?? '').length + (ndjson ?? '').length + (json ?? '').length, csv: csv ?? '' };
}

describe('export_round_trip.happy', () => {
  it('expects of a guarded formula that no line of it starts like one, and nothing lost', () => {
    const starts = /(^|[\r\n])[=+\-@\t＝＋－＠]|^[\r\n]/;
    expect(FORMULAS.filter((text) => !starts.test(text))).toEqual(["'=1", '"=1']);
    expect(FORMULAS.map(guarded).filter((text) => starts.test(text))).toEqual([]);
    const bare = (text: string) => text.replaceAll("'", '');
    expect(FORMULAS.map((text) => bare(guarded(text)))).toEqual(FORMULAS.map(bare));
    expect([...NUMBERS, ...TEXTS].filter((text) => guarded(text) !== text)).toEqual([]);
  });

  it('brings every cell of ClickHouse back through two CSV parsers and a JSON parser', async () => {
    const sessionId = randomUUID();
    const all = [...FORMULAS, ...NUMBERS, ...TEXTS, ...WITH_NUL, ...STATES, ...generated()];
    const rows = all.map((text, n) =>
      row(Date.now() - 600_000 - n, {
        ...{
          session_id: sessionId,
          reason: beside(text),
          resource_id: text.length < 1000 ? text : '',
          after_state: text,
        },
        ...{
          resource: 'service_config',
          action: 'service.config.update',
          outcome: 'success',
          actor_email: 'a@example.com',
        },
      }),
    );
    for (let n = 0; n < rows.length; n += 100) await insertRows(app, 'admin_audit_logs', rows.slice(n, n + 100));
    const planted = rows.map(({ id, reason, resource_id, after_state }) => ({
      id,
      texts: { reason, resource_id, after_state } as Record<string, string>,
      absent: ['service_id'],
    }));
    expect(rows.every(({ service_id }) => service_id === NO_SERVICE)).toBe(true);
    const { compared, bytes } = await roundTrip({ exportType: 'audit_logs', parameters: { sessionId } }, planted);
    console.log(
      `round trip from ClickHouse: formulas ${FORMULAS.length}, numbers ${NUMBERS.length}, generated 400, rows ${rows.length}, cells compared ${compared}, characters ${bytes}, different 0`,
    );
  });

  it('brings every cell of Postgres back the same way, and tells an absent one from an empty one', async () => {
    const service = await app.service();
    const all = [
      null,
      ...FORMULAS,
      ...NUMBERS,
      ...TEXTS,
      ...STATES,
      ...generated().map((text) => text.replaceAll('\0', '')),
    ];
    const planted = all.map((text) => ({
      id: randomUUID(),
      texts: { name: beside(text ?? ''), description: text, category: text === null ? null : beside(text) },
      absent: ['parent_id'],
    }));
    await app.db.query(
      `INSERT INTO service_features (id, service_id, code, created_by, name, description, category)
       SELECT id, $1, id::text, $1, name, description, category
       FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS t (id, name, description, category)`,
      [
        service,
        planted.map(({ id }) => id),
        ...(['name', 'description', 'category'] as const).map((name) => planted.map(({ texts }) => texts[name])),
      ],
    );
    const asked = { exportType: 'features', parameters: { serviceId: service } };
    const { compared, bytes } = await roundTrip(asked, planted);
    console.log(
      `round trip from Postgres: formulas ${FORMULAS.length}, numbers ${NUMBERS.length}, generated 400, rows ${planted.length}, cells compared ${compared}, characters ${bytes}, different 0`,
    );
  });

  it('keeps numbers in JSON of Postgres, and a word that is none', async () => {
    const type = `odd "type", ${randomUUID()}`;
    const numbers = {
      id: randomUUID(),
      texts: { parameters: '', type },
      absent: ['target_id', 'started_at', 'finished_at'],
    };
    const { rows } = await app.db.query(
      `INSERT INTO admin_operations (id, type, actor_admin_id, target_type, parameters)
       VALUES ($1, $2, $3, 'service', '{"n": 9007199254740993, "d": 0.1000000000000000055511151231257827, "t": "=1"}')
       RETURNING parameters::text AS text`,
      [numbers.id, type, owner.id],
    );
    numbers.texts.parameters = rows[0].text;
    expect(rows[0].text).toContain('9007199254740993');
    expect(rows[0].text).toContain('0.1000000000000000055511151231257827');
    const { compared } = await roundTrip({ exportType: 'operations', parameters: { type } }, [numbers]);
    expect(compared).toBe(8);
  });
});
