import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wordsOf } from '../../clickhouse/queries/audit-words.ts';
import { type App, commonApp, type Person } from '../app.ts';
import { insertRows, row } from '../audit-rows.ts';

let app: App;
let auditor: Person;
beforeAll(async () => {
  app = await commonApp();
  auditor = await app.person('auditor');
});
afterAll(() => app.stop());

it('finds records by the words in their states and reason', async () => {
  const session_id = randomUUID();
  const texts = {
    reason: 'OPS-4711: „Größe“ geändert—siehe C:\\new\\table',
    before_state: JSON.stringify({ ipWhitelist: ['203.0.113.0/24'], note: 'first line\nsecond\tline', path: 'a\\nb' }),
    after_state: JSON.stringify({
      contact: 'jane.doe@example.com',
      rate: 3.14,
      on: true,
      text: '全角，标点。',
      bell: 'x\u0007ding',
    }),
  };
  const one = row(Date.now() - 60_000, { session_id, ...texts });
  await insertRows(app, 'admin_audit_logs', [one]);
  const found = async (q: string) => {
    const query = new URLSearchParams({ q, sessionId: session_id });
    const answer = await app.call('GET', `/v1/audit/logs?${query}`, { as: auditor });
    expect([q, answer.status]).toEqual([q, 200]);
    return answer.json.items.length === 1;
  };
  const hits = [
    ...[
      'ops-4711',
      'Größe',
      'GRÖßE',
      '“größe”',
      '«größe»',
      'geändert siehe',
      'new table',
      'C:\\new',
      'second',
      'line first',
      'nb a',
    ],
    ...['ipwhitelist', '203.0.113.0/24', 'jane.doe@example.com', 'example', '3.14', 'true on', '全角', '标点', 'ding'],
  ];
  // Words, not parts of them; and all of them.
  const misses = ['ops4711', 'größ', 'secon', 'nsecond', 'tline', 'whitelist', 'first zebra', 'ew', 'u0007ding', 'b'];
  for (const q of hits) expect([q, await found(q)]).toEqual([q, true]);
  for (const q of misses) expect([q, await found(q)]).toEqual([q, false]);
  console.log(`free text: searches tried ${hits.length + misses.length}, wrong 0`);
});

it('splits texts as ClickHouse does', async () => {
  const tricky = fc.constantFrom(
    'a',
    'B',
    'é',
    'Ω',
    '—',
    '“',
    '«',
    '、',
    '！',
    ' ',
    '_',
    '-',
    '\u00a0',
    '中',
    '7',
    '\0',
    '\x7f',
    '\u2028',
    '😀',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: tricky, maxLength: 20 }),
  );
  const texts = fc.sample(text, 600).map((each) => each.toWellFormed());
  const [column] = await app.analytics<{ sql: string }>(
    `SELECT default_expression AS sql FROM system.columns WHERE database = 'audit_db' AND table = 'admin_audit_logs' AND name = 'words'`,
  );
  const rows = texts.map((reason) => JSON.stringify({ before_state: '', after_state: '', reason })).join('\n');
  const split = await app.analytics<{ words: string[] }>(
    `SELECT tokens(${column?.sql}, 'splitByNonAlpha') AS words FROM
      format(JSONEachRow, 'before_state String, after_state String, reason String', '${rows.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}')`,
  );
  const wrong = texts.filter((each, i) => wordsOf(each).join(' ').toLowerCase() !== split[i]?.words.join(' '));
  console.log(`words: texts tried ${texts.length}, split otherwise ${wrong.length}`);
  expect(wrong.map((each) => [each, wordsOf(each)])).toEqual([]);
  expect(split.flatMap(({ words }) => words).length).toBeGreaterThan(400);
});
