import { describe, expect, it } from 'vitest';
import { configPatch, configState } from './schema.ts';

const full = {
  jwtValidation: true,
  domainValidation: true,
  ipWhitelistEnabled: false,
  ipWhitelist: [],
  rateLimitEnabled: true,
  rateLimitRequests: 100,
  rateLimitWindow: 60,
  maintenanceMode: false,
  maintenanceMessage: null,
  auditLevel: 'STANDARD',
};
type Field = keyof typeof full;

const refused = (patch: unknown): string[] => {
  const result = configPatch.safeParse(patch);
  return result.success ? [] : result.error.issues.map(({ path, code }) => [...path, code].join(' '));
};

describe('service configuration', () => {
  it('takes a whole state, an empty patch and each field alone', () => {
    expect(configState.parse(full)).toEqual(full);
    expect(configPatch.parse({})).toEqual({});
    for (const [field, value] of Object.entries(full))
      expect(configPatch.parse({ [field]: value })).toEqual({ [field]: value });
  });

  it('adds no field that the patch did not have: absent means unchanged', () => {
    expect(Object.keys(configPatch.parse({ maintenanceMode: true }))).toEqual(['maintenanceMode']);
  });

  it('refuses unknown fields, those of the answer and other cases of a known one among them', () => {
    for (const field of ['nope', 'id', 'serviceId', 'version', 'updatedAt', 'AuditLevel', 'audit_level', ''])
      expect(refused({ [field]: 1 })).toEqual(['unrecognized_keys']);
  });

  it('lets null clear maintenanceMessage and nothing else', () => {
    expect(configPatch.parse({ maintenanceMessage: null })).toEqual({ maintenanceMessage: null });
    for (const field of Object.keys(full) as Field[])
      if (field !== 'maintenanceMessage') expect(refused({ [field]: null }).length).toBeGreaterThan(0);
  });

  it('takes no other type for a field: no "true", no 1, no "100"', () => {
    const wrong: Record<Field, unknown[]> = {
      jwtValidation: ['true', 1, 0, [], {}],
      domainValidation: ['false', 1],
      ipWhitelistEnabled: ['', 0],
      ipWhitelist: ['1.2.3.4', {}, [1], [null], [['1.2.3.4']]],
      rateLimitEnabled: ['yes', 1],
      rateLimitRequests: ['100', true, 1.5, Number.NaN, Number.POSITIVE_INFINITY, [100]],
      rateLimitWindow: ['60', 0.5, -0.5],
      maintenanceMode: ['on', 1],
      maintenanceMessage: [1, true, [], {}],
      auditLevel: ['standard', 'Standard', 'VERBOSE', '', 0],
    };
    for (const [field, values] of Object.entries(wrong))
      for (const value of values)
        expect([field, value, refused({ [field]: value }).length > 0]).toEqual([field, value, true]);
  });

  it.each([
    ['rateLimitRequests', 1, 1_000_000],
    ['rateLimitWindow', 1, 86_400],
  ] as const)('takes %s from %i to %i', (field, min, max) => {
    expect(configPatch.parse({ [field]: min })).toEqual({ [field]: min });
    expect(configPatch.parse({ [field]: max })).toEqual({ [field]: max });
    expect(refused({ [field]: min - 1 })).toEqual([`${field} too_small`]);
    expect(refused({ [field]: max + 1 })).toEqual([`${field} too_big`]);
    expect(refused({ [field]: -1 })).toEqual([`${field} too_small`]);
  });

  it('takes 2,000 characters of maintenance message and 1,000 addresses, and not one more', () => {
    expect(refused({ maintenanceMessage: 'x'.repeat(2000) })).toEqual([]);
    expect(refused({ maintenanceMessage: 'x'.repeat(2001) })).toEqual(['maintenanceMessage too_big']);
    const addresses = Array.from({ length: 1001 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    expect(refused({ ipWhitelist: addresses.slice(0, 1000) })).toEqual([]);
    expect(refused({ ipWhitelist: addresses })).toEqual(['ipWhitelist too_big']);
  });

  it('writes addresses in one spelling and each once', () => {
    const ipWhitelist = ['203.0.113.9/24', ' 203.0.113.77/24 ', '2001:DB8::1', '2001:db8:0::1', '::ffff:1.2.3.4'];
    expect(configPatch.parse({ ipWhitelist })).toEqual({
      ipWhitelist: ['203.0.113.0/24', '2001:db8::1', '1.2.3.4'],
    });
  });

  it('names the address that is none by its place', () => {
    const result = configPatch.safeParse({ ipWhitelist: ['1.2.3.4', 'localhost'] });
    expect(result.error?.issues.map(({ path }) => path)).toEqual([['ipWhitelist', 1]]);
    expect(result.error?.issues[0]?.message).toContain('IPv4 or IPv6 address');
    expect(refused({ ipWhitelist: [`${'0:'.repeat(40)}1`] }).length).toBeGreaterThan(0);
  });

  it('refuses a secret in the message that visitors see, names its kind and does not repeat it', () => {
    const token = `gh${'p'}_${'a1B2'.repeat(9)}`;
    const result = configPatch.safeParse({ maintenanceMessage: `Back at noon. ${token}` });
    expect(result.error?.issues).toMatchObject([{ path: ['maintenanceMessage'] }]);
    expect(result.error?.message).toContain('GitHub token');
    expect(result.error?.message).not.toContain(token);
  });

  it('lets prototype keys have no effect', () => {
    const bodies = [
      '{"__proto__": {"maintenanceMode": true}}',
      '{"__proto__": {"isAdmin": true}, "maintenanceMode": false}',
      '{"constructor": {"prototype": {"isAdmin": true}}}',
      '{"prototype": {"isAdmin": true}}',
      '{"toString": 1}',
      '{"hasOwnProperty": true}',
      '{"maintenanceMessage": {"__proto__": {"length": 1}}}',
      '{"ipWhitelist": {"__proto__": [], "length": 1}}',
    ];
    for (const body of bodies) {
      const result = configPatch.safeParse(JSON.parse(body));
      if (result.success) {
        expect(Object.keys(result.data).filter((key) => !(key in full))).toEqual([]);
        expect(Object.getPrototypeOf(result.data)).toBe(Object.prototype);
        expect('isAdmin' in result.data).toBe(false);
        expect(result.data.maintenanceMode).not.toBe(true);
      }
    }
    expect(refused(JSON.parse(bodies[2] ?? ''))).toEqual(['unrecognized_keys']);
    expect('isAdmin' in {}).toBe(false);
  });

  it.each(['null', '[]', '"text"', '1', 'true'])('refuses %s for a patch', (body) => {
    expect(refused(JSON.parse(body)).length).toBeGreaterThan(0);
  });
});
