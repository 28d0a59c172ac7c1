import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, findSecret, REDACTED } from './redact.ts';

fc.configureGlobal({ seed: 20_261_121, numRuns: 1000 });

const { text: redactText } = createRedactor();

// Put together here, so that no scanner takes this file for a leak.
const join = (...parts: string[]) => parts.join('');
const base64url = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('=', '');
const JWT = [
  base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' }),
  base64url({ sub: 'test|1', exp: 1_795_000_000 }),
  'Sg9x'.repeat(21),
].join('.');
const pem = (kind: string) => `-----BEGIN ${kind}-----\n${'MIIEvQIBADANBgkqhkiG9w0B\n'.repeat(4)}-----END ${kind}-----`;
const hex = (length: number) => 'a1B2c3D4e5F6'.repeat(9).slice(0, length);

const SECRETS: [kind: string, secret: string][] = [
  ['JWT', JWT],
  ['JWT', JWT.split('.').slice(0, 2).join('.').concat('.')],
  ['private key', pem('PRIVATE KEY')],
  ['private key', pem('RSA PRIVATE KEY')],
  ['private key', pem('EC PRIVATE KEY')],
  ['private key', pem('OPENSSH PRIVATE KEY')],
  ['private key', pem('ENCRYPTED PRIVATE KEY')],
  ['bearer token', 'Bearer dGhpcyBpcyBhIHNlY3JldA=='],
  ['bearer token', 'bearer   abc.def-ghi_jkl~mno+pqr/stu'],
  ['credentials in a URL', 'https://admin:hunter2@'],
  ['credentials in a URL', 'postgres://steward_api:s3cr3t-pa55@'],
  ['credentials in a URL', 'postgresql+asyncpg://u:p%40ss@'],
  ['credentials in a URL', 'redis://:onlyapassword@'],
  ['credentials in a URL', 'amqp://user:p@ss@word@'],
  ['AWS key', join('AK', 'IA', 'IOSFODNN7EXAMPLE')],
  ['AWS key', join('AS', 'IA', 'IOSFODNN7EXAMPLE')],
  ['Google key', join('AI', 'za', 'SyA-1234567890_abcdefghijklmnopqrst')],
  ['GitHub token', join('gh', 'p_', hex(36))],
  ['GitHub token', join('gh', 'o_', hex(36))],
  ['GitHub token', join('gh', 's_', hex(36))],
  ['GitHub token', join('github', '_pat_', hex(22), '_', hex(59))],
  ['Slack token', join('xo', 'xb-', '123456789012-1234567890123-', hex(24))],
  ['Slack token', join('xo', 'xp-', '123456789012-123456789012-', hex(32))],
  ['Slack token', join('xo', 'xc-', '123456789012-123456789012-', hex(64))],
  ['Slack token', join('xo', 'xd-', hex(40))],
  ['Stripe key', join('sk', '_live_', hex(24))],
  ['Stripe key', join('rk', '_test_', hex(24))],
  ['Stripe key', join('pk', '_live_', hex(99))],
  ['card number', '4111111111111111'],
  ['card number', '4111 1111 1111 1111'],
  ['card number', '4111-1111-1111-1111'],
  ['card number', '5555 5555 5555 4444'],
  ['card number', '2223 0031 2200 3222'],
  ['card number', '3782 822463 10005'],
  ['card number', '378282246310005'],
  ['card number', '30569309025904'],
  ['card number', '6011 1111 1111 1117'],
  ['card number', '3530111333300000'],
  ['card number', '4222222222222'],
];

// How people write things beside a secret; what stands around it must survive, and must not hide it.
const AROUND: [before: string, after: string][] = [
  ['', ''],
  ['token ', ' was rotated'],
  ['key="', '"'],
  ["key='", "',"],
  ['a=', '&b=2'],
  ['x_', '|'],
  ['(', ').'],
  ['line one\n', '\nline three'],
];

const ORDINARY = [
  '',
  'Raised the limit for the launch.',
  'Order 4711 of 2026-11-21 was cancelled',
  'order number 1000000000000',
  'order 1234567890123456',
  'Invoice 2026-000123456789',
  'Ticket OPS-12345, see also OPS-12346 and OPS-12347',
  '01900000-0000-7000-8000-0000000000a1',
  'service 0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001 was paused',
  '00000000-0000-0000-0000-000000000000',
  'f47ac10b-58cc-4372-a567-0e02b2c3d479',
  '2026-11-21T09:00:00.000Z',
  'from 2026-11-21 09:00 to 2026-11-22 09:00',
  '21.11.2026, 21/11/2026, 11/21/26',
  'took 1795000000000 ms since the epoch',
  '1795000000123456 µs, 1795000000123456789 ns',
  'call +49 30 901820 or (030) 901-820',
  '+1 415-555-0132 x4',
  '3.14159265358979323846264338327950288',
  '0000 0000 0000 0000',
  '12345678901234567890123456789012345678901234567890',
  'sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'commit 9acbb24 feat(core): config change',
  'https://example.com/path?x=1&y=2#top',
  'https://example.com:8443/a/b@2x.png',
  'http://127.0.0.1:3001/v1/admin/services?limit=50',
  'http://[2001:db8::1]:8080/',
  'postgres://localhost:5432/steward',
  'git@github.com:example/steward.git',
  'ssh://git@example.com:22/repo.git',
  'npm install @hono/zod-openapi@1.6.3',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'curl/8.5.0',
  'const x = { a: 1, b: [2, 3] }; // y',
  'SELECT count(*) FROM audit_outbox WHERE sent_at IS NULL',
  'if (skip_live_test_mode) return;',
  'the bearer of this letter',
  'Bearer bonds',
  'https://example.com/list?state=archived-services-only&code=summer-sale-campaign',
  'bearer: none',
  'Authorization: Bearer <token>',
  'eyJ is how every JWT begins',
  'eyeJacket.example.com',
  'AKIA is the prefix of an access key',
  'sk_live_ is the prefix of a live key',
  'xoxb- begins a bot token',
  'ghp_ and github_pat_ begin GitHub tokens',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----',
  'Grüße aus Köln – 100 % fertig 🎉',
  '請稍後再試',
  '203.0.113.0/24, 2001:db8::/32',
  'v1.2.3-rc.4+build.5',
  'rows 1-100 of 2,345,678',
  '4111 1111 1111 1112 is no card number',
  '1 2 3 4 5 6 7 8 9 10 11 12',
  '50 requests / 10 s, 86400 s window',
];

/** A number that passes Luhn, `length` digits long, beginning with `prefix`. */
function cardNumber(prefix: string, digits: readonly number[], length: number): string {
  const body = (prefix + digits.join('')).slice(0, length - 1);
  for (let check = 0; check < 10; check++) {
    const text = `${body}${check}`;
    const sum = [...text].reverse().reduce((total, c, i) => {
      const value = Number(c) * (i % 2 === 1 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
    if (sum % 10 === 0) return text;
  }
  throw new Error('no check digit');
}
const cards = fc
  .tuple(
    fc.constantFrom(['4', 16], ['4', 13], ['51', 16], ['2221', 16], ['34', 15], ['6011', 16], ['62', 19], ['36', 14]),
    fc.array(fc.nat({ max: 9 }), { minLength: 18, maxLength: 18 }),
  )
  .map(([[prefix, length], digits]) => cardNumber(String(prefix), digits, Number(length)));
const grouped = fc
  .tuple(cards, fc.constantFrom('', ' ', '-'))
  .map(([card, separator]) => card.replace(/(\d{4})(?=\d)/g, `$1${separator}`));

describe('redaction', () => {
  it.each(SECRETS)('removes a %s: %#', (kind, secret) => {
    for (const [before, after] of AROUND) {
      const text = before + secret + after;
      const clean = redactText(text);
      const left = kind === 'credentials in a URL' ? `${secret.split('//')[0]}//${REDACTED}@` : REDACTED;
      expect(clean).toBe(before + left + after);
      expect(findSecret(text)).toBe(kind);
    }
  });

  it('leaves the rest of a URL whose credentials it removes', () => {
    expect(redactText('postgres://api:s3cret@db.example.com:5432/steward?sslmode=require')).toBe(
      `postgres://${REDACTED}@db.example.com:5432/steward?sslmode=require`,
    );
  });

  it('removes each of several secrets, and all that follows a private key that does not end', () => {
    const text = SECRETS.map(([, secret]) => secret).join('\n');
    const left = redactText(text).replaceAll(REDACTED, '');
    expect(left.replaceAll(/^[\w+]+:\/\/@$/gm, '').trim()).toBe('');
    expect(redactText('key: -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqh')).toBe(`key: ${REDACTED}`);
  });

  it.each([
    ['4111 1111 1111 1111 12/27 123', `${REDACTED} 12/27 123`],
    ['4111111111111111 12 27', `${REDACTED} 12 27`],
    ['17 4111 1111 1111 1111', `17 ${REDACTED}`],
    ['2026-11-25 4111-1111-1111-1111', `2026-11-25 ${REDACTED}`],
    // Here the number before and half of the card would pass for a card too: nothing of the real one may be left.
    ['4026-11-27 4111-1111-1111-1111', REDACTED],
    ['4111111111111111 5555555555554444', `${REDACTED} ${REDACTED}`],
    ['0 4222222222222 0 378282246310005-1', `0 ${REDACTED} 0 ${REDACTED}-1`],
  ])('finds a card number among other numbers: %s', (text, clean) => {
    expect(redactText(text)).toBe(clean);
    expect(findSecret(text)).toBe('card number');
  });

  it('removes every card number, however it is grouped and whatever numbers stand beside it', () => {
    const beside = fc.constantFrom('', '7', '12', '2026', '12 27', '99-1', 'no. 5,');
    fc.assert(
      fc.property(beside, grouped, beside, (before, card, after) => {
        const clean = redactText(`${before} ${card} ${after}`);
        expect(clean).not.toContain(card);
        expect(clean).toContain(REDACTED);
      }),
    );
  });

  it.each(ORDINARY)('leaves %j as it is', (text) => {
    expect(redactText(text)).toBe(text);
    expect(findSecret(text)).toBeNull();
  });

  it('leaves UUIDs as they are, also those that look like numbers', () => {
    expect(ORDINARY.length).toBeGreaterThanOrEqual(40);
    const digits = fc.stringMatching(/^[4-6]\d{7}-\d{4}-[47]\d{3}-[89]\d{3}-\d{12}$/);
    fc.assert(
      fc.property(fc.oneof(fc.uuid(), digits), (id) => {
        expect(redactText(`export ${id} failed`)).toBe(`export ${id} failed`);
      }),
    );
  });

  it('changes nothing more when it is done again', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...SECRETS.map(([, s]) => s)), fc.string())), (pieces) => {
        const once = redactText(pieces.join(' '));
        expect(redactText(once)).toBe(once);
      }),
    );
  });

  it.each([
    'Requested by anna.schmidt@example.com.',
    'mailto:anna@example.com',
    'https://anna@example.com/inbox',
    'Anna <anna+tag@mail.example.co.uk>, jürgen@müller.example',
    'DE89 3704 0044 0532 0130 00',
    'iban:GB82WEST12345698765432, thanks',
  ])('removes what is personal, which may be published: %s', (text) => {
    const clean = redactText(text);
    expect(clean).toContain(REDACTED);
    expect(clean).not.toMatch(/anna|schmidt|rgen|3704|WEST/);
    expect(findSecret(text)).toBeNull();
  });
});
