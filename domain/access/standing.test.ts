import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Permission } from './permissions.ts';
import { mayGoOn, type Standing, scopeOf } from './standing.ts';

const NEEDED: Permission[] = ['audit.view', 'exports.request', 'services.view'];
const SERVICES = ['s1', 's2', 's3'];

const standing = (grants: Standing['grants']): Standing => ({
  adminId: 'a',
  email: '',
  name: '',
  status: 'active',
  notBefore: null,
  grants,
});

const grants = fc.array(
  fc.record({
    serviceId: fc.constantFrom(null, ...SERVICES),
    role: fc.constant('r'),
    permissions: fc.subarray(NEEDED),
  }),
  { maxLength: 5 },
);

describe('the scope of a standing', () => {
  it('is every service for which all of the permissions are held', () => {
    let [tried, everywhere] = [0, 0];
    fc.assert(
      fc.property(grants, fc.subarray(NEEDED, { minLength: 1 }), (held, needed) => {
        tried++;
        const scope = scopeOf(standing(held), ...needed);
        const known = { standing: standing(held), ended: false };
        const reached = SERVICES.filter((service) => mayGoOn(known, 0, needed, service));
        // Nobody holds anything for a service that was never granted, unless it is held everywhere.
        const all = mayGoOn(known, 0, needed, 'never granted');
        everywhere += all ? 1 : 0;
        expect(scope).toEqual(
          all ? null : reached.filter((service) => held.some(({ serviceId }) => serviceId === service)),
        );
      }),
      { numRuns: 2000 },
    );
    console.log(`scope of a standing: tried ${tried}, everywhere ${everywhere}, wrong 0`);
    expect(everywhere).toBeGreaterThan(50);
  });
});
