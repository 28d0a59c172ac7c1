import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, REDACTED } from './redact.ts';

const redact = createRedactor();

describe('a redacted value', () => {
  it('is a copy; what came in stays as it was', () => {
    const input = { password: 'hunter2', list: [{ token: 'abc' }], same: 'x' };
    const before = structuredClone(input);
    expect(redact.value(input)).toEqual({ password: REDACTED, list: [{ token: REDACTED }], same: 'x' });
    expect(input).toEqual(before);
  });

  it('keeps switches, counts and what is not there', () => {
    const fields = {
      password: null,
      token: false,
      secrets: true,
      tokens: 512,
      cookies: 3,
      apiKey: '',
      clientSecret: 'none',
    };
    expect(redact.value(fields)).toEqual(fields);
  });

  it('loses numbers only under names of numbers that are secrets', () => {
    expect(redact.value({ pin: 4711, otp: 123_456, cvv: 123, password: 1234, token: 5, port: 5432 })).toEqual({
      ...{ pin: REDACTED, otp: REDACTED, cvv: REDACTED, password: REDACTED },
      ...{ token: 5, port: 5432 },
    });
    expect(redact.value({ paidWith: 4_111_111_111_111_111, order: 4_111_111_111_111_112 })).toEqual({
      ...{ paidWith: REDACTED, order: 4_111_111_111_111_112 },
    });
  });

  it('loses everything below a secret’s name but what is about it', () => {
    expect(
      redact.value({
        credentials: { username: 'bob', parts: ['a', { b: 'c' }], type: 'basic', expiresAt: '2027-01-01' },
        password: { minLength: 12, pattern: 'x+', value: 'hunter2', policy: { name: 'strict' } },
        tokens: [{ id: 7, name: 'ci', value: 'abc' }, 'def', 12],
      }),
    ).toEqual({
      credentials: { username: REDACTED, parts: [REDACTED, { b: REDACTED }], type: 'basic', expiresAt: '2027-01-01' },
      password: { minLength: 12, pattern: 'x+', value: REDACTED, policy: { name: 'strict' } },
      tokens: [{ id: 7, name: 'ci', value: REDACTED }, REDACTED, 12],
    });
  });

  it('sees names that stand beside their values', () => {
    expect(
      redact.value([
        { key: 'http.request.header.cookie', value: { arrayValue: { values: [{ stringValue: 'a=b' }] } } },
        { key: 'client.address', value: { stringValue: '203.0.113.9' } },
        { key: 'url.full', value: { stringValue: 'https://u:p@h.example/a?x=1&page=2#f' } },
        { key: 'count', value: { intValue: '5' } },
        { name: 'password', value: 'hunter2', type: 'text' },
        { field: 'apiKey', before: 'a', after: 'b' },
        { op: 'replace', path: '/config/clientSecret', value: 'x' },
        { field: 'password', reason: 'is required' },
      ]),
    ).toEqual([
      { key: 'http.request.header.cookie', value: { arrayValue: { values: [{ stringValue: REDACTED }] } } },
      { key: 'client.address', value: { stringValue: '::ffff:203.0.113.0' } },
      { key: 'url.full', value: { stringValue: 'https://h.example/a?page=2' } },
      { key: 'count', value: { intValue: '5' } },
      { name: 'password', value: REDACTED, type: 'text' },
      { field: 'apiKey', before: REDACTED, after: REDACTED },
      { op: 'replace', path: '/config/clientSecret', value: REDACTED },
      { field: 'password', reason: 'is required' },
    ]);
    expect(
      redact.value([
        ['Authorization', 'xyz'],
        ['Accept', '*/*'],
      ]),
    ).toEqual([
      ['Authorization', REDACTED],
      ['Accept', '*/*'],
    ]);
    expect(redact.value({ required: ['password', 'name'] })).toEqual({ required: ['password', 'name'] });
  });

  it('goes by names inside JSON that is a string, and leaves other JSON as it was written', () => {
    const inner = JSON.stringify({ user: 'bob', password: 'hunter2', pin: 4711 });
    const clean = JSON.stringify({ user: 'bob', password: REDACTED, pin: REDACTED });
    expect(redact.value({ body: inner })).toEqual({ body: clean });
    expect(redact.value({ body: JSON.stringify({ inner }) })).toEqual({ body: JSON.stringify({ inner: clean }) });
    expect(redact.value({ body: '{ "a" : 1.0,\n "b": 12345678901234567890 }' })).toEqual({
      body: '{ "a" : 1.0,\n "b": 12345678901234567890 }',
    });
    expect(redact.value({ body: inner.slice(0, -12) })).toEqual({ body: '{"user":"bob","password":"[redacted]"' });
    // The second of two fields with one name hides the first from whoever parses it.
    expect(redact.value('{"password":"hunter2","password":null}')).not.toContain('hunter2');
    expect(redact.json('{"password":"hunter2","password":null}')).toBe('{"password":null}');
  });

  it('has anonymised addresses where somebody comes from, and whole ones in lists', () => {
    expect(
      redact.value({
        'client.address': '203.0.113.9',
        'x-forwarded-for': '203.0.113.9, 10.1.2.3:80, [2001:db8:85a3::1]:443, unknown',
        forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43',
        ip: ['2001:db8:85a3::8a2e:370:7334', '::ffff:203.0.113.9'],
        remote_addr: 'fe80::1%eth0',
        ipWhitelist: ['203.0.113.9', '2001:db8::/32'],
        ip_whitelist: [{ ip: '203.0.113.9', note: 'office' }],
        version: '1.2.3.4',
        note: 'from 203.0.113.9',
      }),
    ).toEqual({
      'client.address': '::ffff:203.0.113.0',
      'x-forwarded-for': '::ffff:203.0.113.0, ::ffff:10.1.2.0, 2001:db8:85a3::, unknown',
      forwarded: 'for=::ffff:192.0.2.0;proto=https;by=::ffff:203.0.113.0',
      ip: ['2001:db8:85a3::', '::ffff:203.0.113.0'],
      remote_addr: 'fe80::',
      ipWhitelist: ['203.0.113.9', '2001:db8::/32'],
      ip_whitelist: [{ ip: '203.0.113.9', note: 'office' }],
      version: '1.2.3.4',
      note: 'from 203.0.113.9',
    });
  });

  it('loses secrets that are names themselves, and none of the fields', () => {
    const clean = redact.value({ 'ada@example.com': 1, 'bob@example.com': 2, ok: 3 });
    expect(Object.values(clean)).toEqual([1, 2, 3]);
    expect(JSON.stringify(clean)).not.toContain('@');
  });

  it('ends at a depth, and holds nothing of what lies below', () => {
    let deep: unknown = 'hunter2 password=hunter2';
    for (let i = 0; i < 10_000; i++) deep = i % 2 === 0 ? [deep] : { a: deep };
    expect(JSON.stringify(redact.value(deep))).not.toContain('hunter2');
    expect(redact.json(JSON.stringify(deep))).not.toContain('hunter2');
  });

  it('leaves a private JSON Web Key its public half', () => {
    const jwk = { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2', y: 'x_FEzRu9', d: 'jpsQnnGQ' };
    expect(redact.value({ keys: [jwk] })).toEqual({ keys: [{ ...jwk, d: REDACTED }] });
    expect(redact.value({ d: 'M12 2L2 7', k: 'v' })).toEqual({ d: 'M12 2L2 7', k: 'v' });
  });

  it('goes by the names and patterns of the configuration, too', () => {
    const own = createRedactor({ keys: ['salary', 'birth date'], patterns: { customer: /CUST-\d{6}/ } });
    expect(own.value({ baseSalary: 5000, birth_date: '1990-01-01', note: 'see CUST-123456', n: 1 })).toEqual({
      ...{ baseSalary: REDACTED, birth_date: REDACTED, note: `see ${REDACTED}`, n: 1 },
    });
    expect(own.text('salary: 5000, CUST-1 and CUST-123456, CUST-654321')).toBe(
      `salary: ${REDACTED}, CUST-1 and ${REDACTED}, ${REDACTED}`,
    );
    expect(redact.text('salary: 5000, CUST-123456')).toBe('salary: 5000, CUST-123456');
  });
});

const secretText = fc.constantFrom(
  'password=hunter2-x',
  'anna@example.com',
  '4111 1111 1111 1111',
  `gh${'p'}_${'a1B2'.repeat(9)}`,
  '{"token":"abc"}',
  'https://u:p@h/x?y=1',
);
const names = fc.constantFrom(
  'password',
  'tokens',
  'ip',
  'url.full',
  'ipWhitelist',
  'key',
  'value',
  'note',
  'kty',
  'd',
  '__proto__',
);
const { tree } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    secretText,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  ),
  tree: fc.oneof(
    { maxDepth: 5 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), names), tie('tree'), { maxKeys: 5 }),
  ),
}));

/** What is left of a value when all texts and numbers are alike. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object' && value !== null) return Object.values(value).map(shapeOf);
  return typeof value === 'string' || typeof value === 'number' ? 'leaf' : value;
}

describe('redaction of any JSON', () => {
  it('never fails, keeps the shape, and changes nothing more when it is done again', () => {
    let tried = 0;
    let changed = 0;
    fc.assert(
      fc.property(tree, (value) => {
        const once = redact.value(value);
        tried++;
        if (JSON.stringify(once) !== JSON.stringify(value)) changed++;
        expect(shapeOf(once)).toEqual(shapeOf(value));
        expect(redact.value(once)).toEqual(once);
        const json = JSON.stringify(value);
        expect(redact.json(json)).toBe(JSON.stringify(redact.value(JSON.parse(json))));
        expect(redact.json(redact.json(json))).toBe(redact.json(json));
      }),
      { seed: 20_261_123, numRuns: 1000 },
    );
    console.log(`redacted JSON: tried ${tried}, changed ${changed}, failed 0`);
    expect(changed).toBeGreaterThan(200);
  });

  it('never fails on any text, cut anywhere', () => {
    const pieces = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), secretText, fc.constantFrom('%', '\\', '&#', '"', '=', ':')),
    );
    fc.assert(
      fc.property(pieces, fc.nat(200), (parts, length) => {
        const text = parts.join('').slice(0, length);
        const once = redact.text(text);
        expect(redact.text(once)).toBe(once);
        redact.json(text);
        redact.url(text);
      }),
      { seed: 20_261_124, numRuns: 2000 },
    );
  });
});
