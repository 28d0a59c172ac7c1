import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachment } from './disposition.ts';

// RFC 6266 section 4.1 with RFC 8187 section 3.2.1, as far as it is ours to write.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const QUOTED = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"$/;
const EXTENDED = /^UTF-8''((?:[!#$&+\-.^_`|~0-9A-Za-z]|%[0-9A-F]{2})*)$/;

/** What a client would save under: the plain name and, when there is one, the better one. */
function parse(header: string): { plain: string; name: string } {
  const [, first = '', , second] =
    /^attachment; filename=("(?:[^"\\]|\\.)*"|[^\s";]+)(; filename\*=(\S+))?$/.exec(header) ?? [];
  expect(TOKEN.test(first) || QUOTED.test(first), header).toBe(true);
  const plain = first.startsWith('"') ? first.slice(1, -1).replace(/\\(.)/g, '$1') : first;
  if (second === undefined) return { plain, name: plain };
  const [, encoded] = EXTENDED.exec(second) ?? [];
  expect(encoded, header).toBeDefined();
  return { plain, name: decodeURIComponent(encoded ?? '') };
}

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\:*?"<>|]|^[\s.-]|[\s.]$/u;
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)\s*(\.|$)/i;

function expectSafe(name: string) {
  expect(name).not.toMatch(UNSAFE);
  expect(name).not.toMatch(DEVICES);
  expect(name).not.toBe('');
  expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(201);
}

describe('attachment', () => {
  it.each([
    ['audit_logs-2026-11-21-0a1b2c3d.csv', 'audit_logs-2026-11-21-0a1b2c3d.csv'],
    ['two words.csv.gz', 'two words.csv.gz'],
    ['Prüfung – März.csv', 'Prüfung – März.csv', 'Prufung _ Marz.csv'],
    ['監査ログ.xlsx', '監査ログ.xlsx', '____.xlsx'],
    ['Ελληνικά Кириллица.pdf', 'Ελληνικά Кириллица.pdf'],
    ['a"b\\c.csv', 'a_b_c.csv'],
    ['a\r\nSet-Cookie: x=1.csv', 'a__Set-Cookie_ x=1.csv'],
    ['nul\0.csv', 'nul_.csv'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['C:\\Windows\\x.csv', 'C__Windows_x.csv'],
    ['a\u202egpj.exe', 'a_gpj.exe'],
    ['half\ud800.csv', 'half_.csv'],
    ['.htaccess', 'htaccess'],
    ['...', 'download'],
    ['', 'download'],
    ['-rf', 'rf'],
    ['report. . ', 'report'],
    ['NUL', '_NUL'],
    ['con.csv', '_con.csv'],
    ['COM1 .txt', '_COM1 .txt'],
    ['ＣＯＮ.csv', '_CON.csv'],
    ['ＣＯＭ¹', '_COM1'],
    ['．．／x', '_x'],
    ['a≮b.csv', 'a≮b.csv', 'a_b.csv'],
    ['100%41.csv', '100%41.csv', '100_41.csv'],
    ['é%0d%0a.csv', 'é%0d%0a.csv', 'e_0d_0a.csv'],
    [`${'x'.repeat(300)}.csv`, `${'x'.repeat(196)}.csv`],
    [`${'語'.repeat(300)}.csv.gz`, `${'語'.repeat(64)}.csv.gz`],
    [`${'👩'.repeat(300)}`, '👩'.repeat(50)],
  ])('saves %j as %j', (fileName, wanted, plain?: string) => {
    const found = parse(attachment(fileName));
    expect(found.name).toBe(wanted);
    if (plain !== undefined) expect(found.plain).toBe(plain);
    expectSafe(found.name);
    expectSafe(found.plain);
  });

  it('is one safe ASCII header for any text at all', () => {
    const seen = { tried: 0, extended: 0 };
    const nasty = fc.constantFrom(
      ...[
        '"',
        '\\',
        '\r',
        '\n',
        '\0',
        '/',
        '..',
        '.',
        ' ',
        '%',
        '%0A',
        ';',
        '=',
        "'",
        "''",
        '\ud800',
        '\udfff',
        '\u202e',
      ],
      ...[
        '\u2028',
        '\ufeff',
        '／',
        '．',
        '≮',
        '≯',
        'con',
        'NUL',
        'com¹',
        '.csv',
        '.gz',
        'ä',
        '語',
        '👩‍👧',
        '\u0338',
        '\t',
        '~',
        '*',
      ],
    );
    const anything = fc.oneof(
      fc.array(nasty, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(fc.nat(0xffff), { maxLength: 400 }).map((codes) => String.fromCharCode(...codes)),
    );
    fc.assert(
      fc.property(anything, (fileName) => {
        const header = attachment(fileName);
        expect(header).toMatch(/^[\x20-\x7e]+$/);
        expect(new Headers({ 'Content-Disposition': header }).get('content-disposition')).toBe(header);
        const { plain, name } = parse(header);
        expectSafe(name);
        expectSafe(plain);
        expect(attachment(name), 'a name that is safe stays').toBe(header);
        seen.tried++;
        if (plain !== name) seen.extended++;
      }),
      { numRuns: 5000, seed: 71 },
    );
    console.log(`file names: ${JSON.stringify(seen)}, failed 0`);
  });
});
