import fc from 'fast-check';
import { random } from './random.ts';

/** What a spreadsheet would take for a formula. */
export const FORMULAS = [
  ...[
    '=1+1',
    '+1+cmd|x',
    '-2+3',
    '@SUM(A1)',
    '\tx',
    '\rx',
    '\nx',
    '＝1+1',
    '＋1x',
    '－1x',
    '＠x',
    '=',
    '-',
    '--1',
    '+1.',
    '-.5',
  ],
  ...[
    'ok\n=1+1',
    'ok\r\n+x',
    'a\r@x',
    '\r\n=2',
    '\n\n=\n=',
    'a\n\t=b',
    '-1\n',
    '1\n-1',
    "'=1",
    '"=1',
    '=HYPERLINK("http://x","y")',
  ],
  ...['@a,b"c\n-d', '＝\n＝', '\r', '\n', '\r\n'],
];
export const NUMBERS = [
  ...['0', '-0', '+3', '-12.5', '1e-5', '-1E+10', '0012', '9007199254740993', '-18446744073709551616'],
  ...['0.1000000000000000055511151231257827', '3.1415926535897932384626433832795028841971', '1e400'],
];
export const TEXTS = [
  ...[
    '',
    ' ',
    '  leading',
    'trailing  ',
    ',',
    ',,,',
    'a,b',
    'a=b',
    'x-y',
    ';',
    '|',
    '"',
    '""',
    '"""',
    'say "hi"',
    "it's",
    "'",
    '\\',
    '\\N',
    '\\n',
  ],
  ...[
    'NULL',
    'null',
    'NaN',
    'true',
    'undefined',
    'one\ntwo',
    'one\r\ntwo',
    'one\rtwo',
    'a\n',
    'a\r\n',
    'a,b\n"c"\r\n',
    '#',
  ],
  ...[
    '\ufeffBOM',
    'a\ufeff',
    'a\u2028b\u2029c',
    '\u001d',
    'a\n\u001dseal[1,2]',
    '\u001dseal["1"]\n',
    '\u0001\u001f\u007f',
    '\u0085',
  ],
  ...[
    '😀👩‍👩‍👧‍👦🏳️‍🌈',
    'مرحبا',
    'مرحبا بالعالم',
    'שלום \u202Eabc\u202C',
    'ünï',
    'ünï😀',
    'e\u0301',
    '中文',
    '\u{10ffff}',
    '\ufffd',
    '/</script>',
    '&amp;',
    '%00',
  ],
  ...['x'.repeat(1 << 20), '"'.repeat(1 << 20), 'ж\n'.repeat(1 << 18), '😀,'.repeat(1 << 18)],
];
export const WITH_NUL = ['\0', '\0=1', 'a\0b', 'a\n\0b', '=\0'];

/** The rule as it is documented, told apart from the engines' SQL. */
export function guarded(cell: string): string {
  if (/^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(cell)) return cell;
  const marked = cell.replace(/(^|[\r\n])([=+\-@\t\0＝＋－＠])/g, "$1'$2");
  return /^[\r\n]/.test(cell) ? `'${marked}` : marked;
}

const SIGNS = [
  '=',
  '+',
  '-',
  '@',
  '\t',
  '＝',
  '＠',
  '\r',
  '\n',
  '"',
  ',',
  "'",
  ' ',
  '1',
  'e',
  '.',
  'a',
  '😀',
  '\u2028',
  '\\',
  '\ufeff',
];
const cells = fc.oneof(
  fc.array(fc.constantFrom(...SIGNS), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.double().map(String),
  fc.bigInt().map(String),
);
export const generated = () => fc.sample(cells, { numRuns: 400, seed: Math.floor(random() * 2 ** 31) });

/** Letter for letter: numbers that JSON.parse would round, and spacing that it would lose. */
export const STATES = [
  '{"n":9007199254740993,"d":0.1000000000000000055511151231257827,"e":1e400}',
  '[ -0,12345678901234567890123456789.10 ]',
  '{"a": "=1+1"}',
  '-9007199254740993',
];
