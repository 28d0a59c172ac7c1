import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkRows, fieldsOf } from './check-rows.ts';
import { arriving, cutAt, optional, utf8 } from './csv-testing.ts';
import * as limits from './limits.ts';
import { readCsv } from './read-csv.ts';

const read = (text: string, ...names: string[]) => readCsv(arriving([utf8(text)]).body, optional(...names));

const refused = async (work: Promise<unknown>, code: string, says: string) =>
  expect(work).rejects.toMatchObject({ code, message: expect.stringContaining(says) });

const id = (i: number) => `0199aaaa-0000-7000-8000-${i.toString(16).padStart(12, '0')}`;

/** A file of exactly so many bytes. */
function ofBytes(bytes: number): Uint8Array {
  const all = utf8(`a,b\n${`${'x'.repeat(9_990)},y\n`.repeat(bytes / 9_993)}`);
  const file = new Uint8Array(bytes).fill(utf8('z')[0] ?? 0);
  file.set(all.subarray(0, bytes));
  // What is left over begins no cell that is too long: the last row is a first cell.
  expect(bytes - all.length).toBeGreaterThan(0);
  expect(bytes - all.length).toBeLessThan(9_993);
  file.set(utf8(',e'), bytes - 2);
  return file;
}

describe('an uploaded CSV file', () => {
  it('is the same however the upload is cut', async () => {
    let tried = 0;
    const rows = Array.from({ length: 2_000 }, (_, i) =>
      i % 7 ? `${id(i)},"é${i}\r\n😀${'-'.repeat(40)}"` : `${id(i)},x`,
    );
    const bytes = utf8(`\ufeffid,note\r\n${rows.join('\r\n')}`);
    // More than one block, so that rows and characters are cut by blocks too.
    expect(bytes.length).toBeGreaterThan(2 * 65_536);
    const whole = await readCsv(arriving([bytes]).body, optional('id', 'note'));
    expect(whole.rowCount).toBe(2_000);
    const isSame = async (cuts: number[]) => {
      tried++;
      expect(await readCsv(arriving(cutAt(bytes, cuts)).body, optional('id', 'note'))).toEqual(whole);
    };
    const cuts = fc.array(fc.nat(), { maxLength: 300 });
    await fc.assert(fc.asyncProperty(cuts, isSame), { seed: 20_261_122, numRuns: 20 });
    await isSame([...bytes.keys()]);
    console.log(`uploads of ${bytes.length} bytes: tried ${tried}, the last byte by byte, failed 0`);
  });

  it('may have 16 MiB, and is read no further', async () => {
    const max = ofBytes(limits.MAX_FILE_BYTES);
    const file = await readCsv(arriving(cutAt(max, [5_000_000])).body, optional('b'));
    expect(file).toMatchObject({ rowCount: 1_679, errorCount: 0 });
    expect(file.rows.at(-1)?.cells).toEqual({ b: 'e' });
    await refused(readCsv(arriving([max, utf8('e')]).body, optional('b')), 'body_too_large', '16,777,216 bytes; split');
    const endless = arriving(Array(1_000).fill(max.subarray(0, 1_000_000)));
    await refused(readCsv(endless.body, optional('b')), 'body_too_large', 'bytes');
    expect(endless.state).toEqual({ sent: 17, cancelled: true });
  });

  it('that says it is too long is not read', async () => {
    const { body, state } = arriving([utf8('a\n1')]);
    const upload = { ...optional('a'), declaredBytes: limits.MAX_FILE_BYTES + 1 };
    await refused(readCsv(body, upload), 'body_too_large', 'bytes');
    expect(state.sent).toBe(0);
  });

  it('that breaks off is refused, whatever was read', async () => {
    const piece = utf8('a\n1\n');
    await refused(readCsv(arriving([piece], true).body, optional('a')), 'malformed_request', 'broke off');
    const declaredBytes = piece.length;
    expect(await readCsv(arriving([piece]).body, { ...optional('a'), declaredBytes })).toMatchObject({ rowCount: 1 });
    const short = { ...optional('a'), declaredBytes: declaredBytes + 1 };
    await refused(readCsv(arriving([piece]).body, short), 'malformed_request', 'broke off');
  });

  it('without a body is empty', async () => {
    await refused(readCsv(null, optional('a')), 'malformed_request', 'The file is empty');
    await refused(readCsv(arriving([]).body, optional('a')), 'malformed_request', 'The file is empty');
  });

  it('that is refused is not read to its end', async () => {
    const { body, state } = arriving(Array(1_000).fill(utf8(`${'x'.repeat(65_535)}\n`)));
    await refused(readCsv(body, optional('a')), 'invalid_field', 'more than 100 characters');
    expect(state).toEqual({ sent: 1, cancelled: true });
  });
});

describe('a limit of a CSV file, reached and passed:', () => {
  it('rows', async () => {
    const rows = (count: number) => `a\n${'1\n\n'.repeat(count)}`;
    expect(await read(rows(100_000), 'a')).toMatchObject({ rowCount: 100_000 });
    await refused(read(rows(100_001), 'a'), 'body_too_large', 'A file may have 100,000 rows; split it');
    // Rows with errors are rows.
    await refused(read(`a\n${'1,2\n'.repeat(100_001)}`, 'a'), 'body_too_large', '100,000 rows');
  });

  it('blank rows', async () => {
    const blank = (count: number) => `a,b\n1,2\n${',\n'.repeat(count)}`;
    expect(await read(blank(limits.MAX_BLANK_ROWS), 'a')).toMatchObject({ rowCount: 1 });
    await refused(
      read(blank(limits.MAX_BLANK_ROWS + 1), 'a'),
      'body_too_large',
      '1,048,576 blank rows; leave them out',
    );
  });

  it('columns', async () => {
    const columns = (count: number) => Array.from({ length: count }, (_, i) => `a${i}`).join(',');
    expect((await read(`${columns(64)}\n${columns(64)}`, 'a0')).header).toHaveLength(64);
    await refused(
      read(`${columns(65)}\n${columns(65)}`, 'a0'),
      'invalid_field',
      'there are 65, and at most 64 are read',
    );
  });

  it('characters of a cell, also of a column that nobody takes', async () => {
    const text = `a,b\n1,${'x'.repeat(10_000)}\n${'x'.repeat(10_001)},2\n3,"${'""'.repeat(10_001)}"\n4,5`;
    const reason = 'has 10,001 characters; a cell may have 10,000';
    expect(await read(text, 'a')).toMatchObject({
      rows: [
        { line: 2, cells: { a: '1' } },
        { line: 5, cells: { a: '4' } },
      ],
      errors: [
        { line: 3, column: 'a', reason },
        { line: 4, column: 'b', reason },
      ],
      ...{ rowCount: 4, errorCount: 2 },
    });
  });

  it('characters of a row: the longest that keeps all other limits is read, one that does not end is not read on', async () => {
    const header = Array.from({ length: 64 }, (_, i) => `a${i}`).join(',');
    const longest = Array(64)
      .fill(`"${'""'.repeat(10_000)}"`)
      .join(',');
    expect(`${longest}\n`).toHaveLength(limits.MAX_RECORD_CHARACTERS);
    const { rows, errorCount } = await read(`${header}\n${longest}\n`, 'a63');
    expect(rows).toEqual([{ line: 2, cells: { a63: '"'.repeat(10_000) } }]);
    expect(errorCount).toBe(0);
    const unclosed = arriving([utf8(`a\n\n"`), ...Array(100).fill(utf8('x\n'.repeat(100_000)))]);
    await refused(
      readCsv(unclosed.body, optional('a')),
      'body_too_large',
      'The row in line 3 goes on for more than 1,280,192 characters; is a closing quote missing?',
    );
    // Looked at when it has doubled, so at most twice the limit is read.
    expect(unclosed.state.sent).toBeLessThan(15);
    expect(unclosed.state.cancelled).toBe(true);
  });
});

describe('100,000 rows', () => {
  const toggle = z.object({ serviceId: z.uuid(), code: z.string().max(100), isActive: z.stringbool() });
  const lines = (write: (...cells: string[]) => string) => [
    write('Service ID', 'code', 'isActive'),
    ...Array.from({ length: 100_000 }, (_, i) => write(id(i), `f-${i}`, 'true')),
  ];

  it.each([
    ['plain', lines((...cells) => cells.join(',')).join('\n')],
    ['in quotes', lines((...cells) => cells.map((cell) => `"${cell}"`).join(';')).join('\r\n')],
    ['bad', lines((first, ...cells) => `${first?.replace('0199', 'x')},${cells.join(',')}`).join('\n')],
  ])('%s', async (kind, text) => {
    const bytes = utf8(text);
    const { body } = arriving(
      cutAt(
        bytes,
        Array.from({ length: bytes.length / 16_384 }, (_, i) => i * 16_384),
      ),
    );
    const file = await readCsv(body, { fields: fieldsOf(toggle) });
    const { rows, errors, errorCount } = checkRows(file, { schema: toggle, keyOf: ({ serviceId }) => serviceId });
    console.log(`100,000 rows, ${kind}, ${bytes.length} bytes: rows ${rows.length}, errors ${errorCount}`);
    expect(file.rowCount).toBe(100_000);
    expect(rows).toHaveLength(kind === 'bad' ? 0 : 100_000);
    expect(errorCount).toBe(kind === 'bad' ? 100_000 : 0);
    expect(errors).toHaveLength(kind === 'bad' ? 1_000 : 0);
    if (kind !== 'bad')
      expect(rows.at(-1)).toEqual({ line: 100_001, value: { serviceId: id(99_999), code: 'f-99999', isActive: true } });
  });
});
