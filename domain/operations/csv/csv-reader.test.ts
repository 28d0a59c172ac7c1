import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { cutAt, optional, outcomeOf, readPieces, readText, utf8 } from './csv-testing.ts';
import { readPlainly } from './plain-csv-testing.ts';
import { DELIMITERS } from './split-records.ts';

const SEED = 20_261_122;

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const breaks = fc.constantFrom('\r\n', '\n', '\r');
const breaksIn = (text: string) => text.split(/\r\n|\r|\n/).length - 1;
const hasText = (cells: readonly string[]) => cells.some((cell) => cell.trim() !== '');

const characters = fc.constantFrom(
  ...['a', 'é', '漢', '😀', '\ufeff', '\ufffd', '"', '""', ',', ';', '\t', ' ', '\r', '\n', '\r\n', "'", '\\'],
);
const cell = fc.oneof(fc.string({ unit: characters, maxLength: 8 }), fc.constantFrom('', 'plain', '0199-a', '=1+1'));

/** A table as somebody may have written it: which delimiter, which cells in quotes, which line breaks, blank lines between. */
const tables = fc.integer({ min: 1, max: 5 }).chain((width) =>
  fc.record({
    names: fc.tuple(
      ...Array.from({ length: width }, (_, i) =>
        fc.constantFrom('', ' x', '"q"', '\nz', 'é').map((tail) => `c${i}${tail}`),
      ),
    ),
    rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 12 }),
    delimiter: width === 1 ? fc.constant(',' as const) : fc.constantFrom(...DELIMITERS),
    quotes: fc.infiniteStream(fc.boolean()),
    breaks: fc.oneof(
      breaks.map((one) => fc.stream(repeat(one))),
      fc.infiniteStream(breaks),
    ),
    blanks: fc.infiniteStream(fc.constantFrom(...Array<null>(6).fill(null), '', '  ', 'delimiters')),
    isEnded: fc.boolean(),
    hasBom: fc.boolean(),
  }),
);

function* repeat<T>(one: T) {
  for (;;) yield one;
}

type Table = typeof tables extends fc.Arbitrary<infer T> ? T : never;

const nextOf = <T>(stream: fc.Stream<T>): T => stream.next().value as T;

function write({ names, rows, delimiter, quotes, breaks, blanks, isEnded, hasBom }: Table) {
  let text = '';
  const lines: number[] = [];
  for (const record of [names, ...rows]) {
    const blank = nextOf(blanks);
    // CRLF: behind a CR, a single LF would be its other half.
    if (blank !== null) text += `${blank === 'delimiters' ? delimiter.repeat(names.length - 1) : blank}\r\n`;
    lines.push(1 + breaksIn(text));
    const inQuotes = names.map(() => nextOf(quotes));
    text += Papa.unparse([record], { delimiter, quotes: inQuotes }) + nextOf(breaks);
  }
  if (!isEnded) text = text.replace(/(?:\r\n|\r|\n)$/, '');
  return { bytes: utf8((hasBom ? '\ufeff' : '') + text), lines: lines.slice(1) };
}

describe('a CSV file', () => {
  it('is the table that was written, with its lines, however it was written and cut', () => {
    const seen = { tables: 0, rows: 0, blank: 0, empty: 0 };
    fc.assert(
      fc.property(tables, cuts, (table, where) => {
        const { bytes, lines } = write(table);
        const columns = optional(...table.names);
        const wanted = table.rows
          .map((cells, i) => ({
            line: lines[i],
            cells: Object.fromEntries(cells.map((text, c) => [table.names[c], text])),
          }))
          .filter((_, i) => hasText(table.rows[i] ?? []));
        const file = outcomeOf(() => readPieces(cutAt(bytes, where), columns));
        seen.tables++;
        seen.rows += wanted.length;
        seen.blank += table.rows.length - wanted.length;
        if (wanted.length === 0) {
          seen.empty++;
          expect(file).toEqual({ refused: expect.stringContaining('no rows below') });
          return;
        }
        const { delimiter, names } = table;
        expect(file).toMatchObject({ header: names, rows: wanted, rowCount: wanted.length, errors: [], errorCount: 0 });
        expect(file).toMatchObject({ delimiter, ignoredColumns: [] });
      }),
      { seed: SEED, numRuns: 3000 },
    );
    console.log(`tables written and read: tried ${JSON.stringify(seen)}, failed 0`);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });

  it('of any characters is what a plain reader sees in it, and refused where that finds bad quotes', () => {
    const seen = { read: 0, badRows: 0, unclosed: 0, stray: 0 };
    const messy = fc.string({ unit: characters, minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(messy, cuts, (body, where) => {
        // The header decides what the delimiter is.
        const text = `first,second\r\n${body}`;
        const { records, bad } = readPlainly(text, ',');
        const outcome = outcomeOf(() => readPieces(cutAt(utf8(text), where), optional('first', 'second')));
        if (bad) {
          seen[bad.stray === null ? 'unclosed' : 'stray']++;
          const end = bad.stray === null ? 'its closing quote is missing' : `, in line ${bad.stray};`;
          expect(outcome).toEqual({ refused: expect.stringContaining(`begins in line ${bad.began} `) });
          expect(outcome).toEqual({ refused: expect.stringContaining(end) });
          return;
        }
        const rows = records.slice(1).filter(({ cells }) => hasText(cells));
        if (rows.length === 0) {
          expect(outcome).toEqual({ refused: expect.stringContaining('no rows below') });
          return;
        }
        const [good, others] = [rows.filter(isPair), rows.filter((row) => !isPair(row))];
        seen.read++;
        seen.badRows += others.length;
        expect(outcome).toMatchObject({
          rows: good.map(({ line, cells: [first, second] }) => ({ line, cells: { first, second } })),
          errors: others.map(({ line, cells }) => ({
            ...{ line, column: null, reason: `has ${cells.length} fields and the header 2` },
          })),
          ...{ rowCount: rows.length, errorCount: others.length },
        });
      }),
      { seed: SEED, numRuns: 5000 },
    );
    console.log(`texts read beside a plain reader: tried 5000, ${JSON.stringify(seen)}, failed 0`);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });

  it('of any bytes is read or refused, and the same in whatever pieces', () => {
    const seen = { read: 0, refused: 0 };
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.oneof(characters.map(utf8), fc.uint8Array({ maxLength: 1 })), { maxLength: 40 }).map(joined),
    );
    const start = fc.constantFrom('', 'a,b\n', 'a;b\r', '\ufeffa\tb\r\n1\t2\r\n', '"a', 'a\n"');
    fc.assert(
      fc.property(start, bytes, cuts, (head, tail, where) => {
        const all = joined([utf8(head), tail]);
        const whole = outcomeOf(() => readPieces([all], optional('a', 'b')));
        seen['refused' in whole ? 'refused' : 'read']++;
        expect(outcomeOf(() => readPieces(cutAt(all, where), optional('a', 'b')))).toEqual(whole);
      }),
      { seed: SEED, numRuns: 5000 },
    );
    console.log(`any bytes: tried 5000, ${JSON.stringify(seen)}, failed 0`);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });

  it('is refused in the line where it is not UTF-8 or holds NUL', () => {
    let tried = 0;
    const line = fc.record({ text: fc.constantFrom('x,y', 'é,漢', '"a\r\nb",😀', '', '"\n",'), end: breaks });
    const faults: [bytes: number[], says: string][] = [
      [[0], 'holds NUL'],
      ...[[0xff], [0xc0, 0xaf], [0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]].map(
        (broken): [number[], string] => [broken, 'is not UTF-8'],
      ),
    ];
    fc.assert(
      fc.property(fc.array(line), fc.nat(), fc.constantFrom(...faults), cuts, (lines, where, [bad, says], pieces) => {
        tried++;
        const text = [...`a,b\r\n${lines.map((each) => each.text + each.end).join('')}x,y`];
        const place = where % (text.length + 1);
        const before = text.slice(0, place).join('');
        const bytes = joined([utf8(before), Uint8Array.from(bad), utf8(text.slice(place).join(''))]);
        const outcome = outcomeOf(() => readPieces(cutAt(bytes, pieces), optional('a', 'b')));
        expect(outcome).toEqual({ refused: expect.stringContaining(`Line ${1 + breaksIn(before)} ${says}`) });
      }),
      { seed: SEED, numRuns: 2000 },
    );
    console.log(`faults of encoding: tried ${tried}, read 0`);
  });

  it('in UTF-16, as spreadsheets save it when asked for Unicode, is refused with what to do', () => {
    const outcome = outcomeOf(() => readPieces([Uint8Array.from([0xff, 0xfe, 0x61, 0, 0x0a, 0])], optional('a')));
    expect(outcome).toEqual({
      refused: 'malformed_request: Line 1 is not UTF-8. Save the file as CSV in UTF-8 and send it again.',
    });
  });

  it.each([
    ['', 'The file is empty'],
    [' \r\n,,\n\t', 'The file is empty'],
    ['\ufeff', 'The file is empty'],
    ['a', 'no rows below'],
    ['a\r\n\r\n , ,\n', 'no rows below'],
  ])('that is %j is refused', (text, says) => {
    expect(outcomeOf(() => readText(text, optional('a')))).toEqual({ refused: expect.stringContaining(says) });
  });

  it.each([
    ['a,b;c\n1,2', ','],
    ['a;b,c;d\n1;2;3', ';'],
    ['a\tb;c\td\n1\t2\t3', '\t'],
    ['"a;b;c",d\n1,2', ','],
    ['"a\n;;b"\td\n1\t2', '\t'],
    ['a\n1;2', ','],
    [',,\n\n\t;\n a;b\n1;2', ';'],
  ] as const)('%j has the delimiter that makes the most of its header', (text, delimiter) => {
    expect(readText(text, optional('a', 'd', 'a\n;;b')).delimiter).toBe(delimiter);
  });

  it('counts the lines before its header', () => {
    expect(readText(',,\r\n\r\n;\na;b\n\n1;2', optional('a')).rows).toEqual([{ line: 6, cells: { a: '1' } }]);
  });

  it('keeps of a row only what the operation takes', () => {
    expect(readText('x;a;y\n1;2;3\n', optional('a', 'b'))).toEqual({
      ...{ delimiter: ';', header: ['x', 'a', 'y'], columns: { a: 'a' }, ignoredColumns: ['x', 'y'] },
      ...{ rows: [{ line: 2, cells: { a: '2' } }], rowCount: 1, errors: [], errorCount: 0 },
    });
  });
});

const isPair = ({ cells }: { cells: string[] }) => cells.length === 2;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
