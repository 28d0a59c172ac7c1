import { describe, expect, it } from 'vitest';
import { createRedactor, findSecret } from './redact.ts';

/** What is repeated, and what stands before and behind it. Each would take minutes under a rule that tries every end for every beginning. */
type Text = [piece: string, before?: string, after?: string];

const TEXTS: Record<string, Text[]> = {
  'private keys': [
    ['-----BEGIN PRIVATE KEY '],
    ['A ', '-----BEGIN '],
    ['-----END ', '-----BEGIN PRIVATE KEY-----'],
    ['A ', '-----BEGIN PRIVATE KEY----------END '],
  ],
  JWTs: [
    ['-eyJ'],
    ['-eyJhbGciOi', '', '.'],
    ['eyJhbGciOiJI.'],
    ['eyJhbGciOiJI..'],
    ['a', 'eyJ'],
    ['-eyJaaaaaaaa', '', `.${'a'.repeat(10_000)}`],
    ['eyJaaaaaaaaa..aaaaaaaa.'],
  ],
  addresses: [
    ['a.'],
    ['a'],
    ['a://'],
    ['a', 'a://'],
    ['a', 'a://b:'],
    ['a://b:'],
    ['http://aaaaaaaaaaaaaaaa1'],
    ['&sig='],
  ],
  credentials: [
    [' ', 'Bearer'],
    ['Bearer '],
    ['Basic '],
    ['Basic aaaaaa '],
    ['hooks.slack.com/services/'],
    ['a.webhook.office.com/'],
  ],
  'vendors’ tokens': [
    ...(['AKIA', 'AIza-', 'ghp_', 'github_pat_-', 'xoxb-', 'sk_live_', 'sk-', 'sk-a-', 'SG.', 'ya29.-'] as const).map(
      (piece): Text => [piece],
    ),
    ['SG.aaaaaaaaaaaaaaaaaaaa.'],
    ['0123456789abcdef'],
    ['1234567890:AA'],
    ['aaaaaaaaaaaaaa.atlasv1.'],
    ['v1.0-'],
  ],
  numbers: [
    ['1 '],
    ['4-', '', '4x'],
    ['4'],
    ['4', '', 'x'],
    ['4111 '],
    ['4111.'],
    ['DE89 '],
    ['DE89 3704 '],
    ['aa11 '],
  ],
  'e-mail addresses': [
    ['@'],
    ['a@'],
    ['@a.'],
    ['a.', '@'],
    ['a-', '@'],
    ['a@a.'],
    ['a', '', '@example.com'],
    [`@${'a'.repeat(63)}.`],
  ],
  assignments: [
    ...(
      [
        'password=',
        'password:',
        'cookie:',
        'authorization:',
        'authorization:{',
        'auth=',
        'auth:',
        'passphrase:',
      ] as const
    ).map((piece): Text => [piece]),
    ...(
      [
        'token:1',
        '<token>',
        '<token>1',
        'auth="',
        'auth="\'',
        'pwd:\\"',
        'auth=\\"auth=\\\\"',
        'secrets:["',
        '--token ',
      ] as const
    ).map((piece): Text => [piece]),
    ...(
      [
        '"value":"',
        'value:value:',
        'a b=',
        'token is ',
        'cookie: a',
        'cookie: a=;',
        'password = {',
        'nonce="a ',
      ] as const
    ).map((piece): Text => [piece]),
    ['=', 'password'],
    [' ', 'password='],
    [' ', 'password'],
    ['password '],
    ['token from '],
    ['key 1 '],
    ['key | '],
    ['-u a:b'],
    ['for of '],
    ['\\', '"password":"'],
    ['\\"', '"password":"'],
    ['x=', 'auth="'],
  ],
  escapes: [
    ...(['%25', '%2525', '%', '%41', '%C3%BC', '%C3', '%FF%FE', '+%20'] as const).map((piece): Text => [piece]),
    ...(['\\', '\\"', '\\\\\\\\', '\\u0041', '&', '&amp;', '&amp;amp;amp;', '&#64;'] as const).map(
      (piece): Text => [piece],
    ),
  ],
  base64: [
    ['VVVV'],
    ['VVVVa'],
    ['A'],
    ['Aa-'],
    ['Aa/'],
    ['VVVv\n'],
    [`${'Vv'.repeat(38)}\n`],
    [`${'Vv'.repeat(30)}\r\n`],
    ['UVVGQlFVRkI='],
  ],
  JSON: [['{"a":'], ['['], ['{"password":'], ['"'], ['\n']],
};

const made = ([piece, before = '', after = '']: Text, length: number) =>
  before + piece.repeat(Math.ceil(length / piece.length)) + after;

/** A rule that tries every end for every beginning takes minutes for so much, far beyond the limit of a test; ours takes none of it. */
const LENGTH = 250_000;

describe('the time a text takes', () => {
  const redact = createRedactor();

  it.each(Object.entries(TEXTS))('grows as the text does: %s', (_, texts) => {
    for (const text of texts) {
      const long = made(text, LENGTH);
      expect(redact.text(long).length).toBeGreaterThan(0);
      expect(redact.url(long).length).toBeGreaterThan(0);
    }
    findSecret(made(texts[0] as Text, LENGTH));
  });

  it('is that of its parts for a value', () => {
    const field = (i: number) => ({
      [`field${i}`]: `text ${i}`,
      password: 'x',
      nested: JSON.stringify({ token: `t${i}` }),
    });
    const count = 200_000;
    const list = redact.value(Array.from({ length: count }, (_, i) => field(i))) as unknown[];
    expect(list).toHaveLength(count);
  });
});
