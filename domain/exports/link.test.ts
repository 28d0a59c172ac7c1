import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LinkClaims, linkPath, type SigningKeys, signLink, verifyLink } from './link.ts';

const SEED = 20_261_121;
const NOW = 1_795_000_000;
const EXPORT = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001';
const claims: LinkClaims = {
  exportId: EXPORT,
  adminId: '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0002',
  issuedAt: NOW,
  expiresAt: NOW + 3600,
  once: null,
  bundle: false,
};

const hmacKey = (fill: number) =>
  crypto.subtle.importKey('raw', new Uint8Array(32).fill(fill), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
const k1 = await hmacKey(1);
const k2 = await hmacKey(2);
const keysOf = (current: string, keys: Record<string, CryptoKey>): SigningKeys => ({
  current,
  keys: new Map(Object.entries(keys)),
});
const both = keysOf('k2', { k2, k1 });

/** Splits a link as the route does: whatever stands where the id stands, and the raw query. */
function open(keys: SigningKeys, link: string, nowSeconds = NOW + 1): Promise<LinkClaims | null> {
  const [, id, search] = /^\/v1\/admin\/exports\/([^/?]*)\/file\?([\s\S]*)$/.exec(link) ?? [];
  return id === undefined || search === undefined
    ? Promise.resolve(null)
    : verifyLink(keys, id, search, nowSeconds * 1000);
}

const uuids = fc.uuid();
const anyClaims = fc
  .record({
    exportId: uuids,
    adminId: uuids,
    issuedAt: fc.integer({ min: 1_700_000_000, max: 3_000_000_000 }),
    seconds: fc.integer({ min: 1, max: 604_800 }),
    once: fc.option(fc.constantFrom('0123456789abcdef0123456789abcdef', 'f'.repeat(32)), { nil: null }),
    bundle: fc.boolean(),
  })
  .map(({ seconds, ...rest }) => ({ ...rest, expiresAt: rest.issuedAt + seconds }));

type Mutation = (link: string, random: (below: number) => number) => string;

const splice = (text: string, at: number, remove: number, insert: string) =>
  text.slice(0, at) + insert + text.slice(at + remove);
const partsOf = (link: string) => {
  const [path, query = ''] = link.split('?');
  return { path, parts: query.split('&') };
};
const JUNK = ['&', '&x=1', '&sig=', '#', '\n', '\r', ' ', '%00', '%20', '\u0000', ';', '/', 'é', '&admin='];

/** Everything that leaves the link readable and is one step away from it. */
const mutations: Record<string, Mutation> = {
  'bit flip': (link, random) => {
    const at = random(link.length);
    return splice(link, at, 1, String.fromCharCode(link.charCodeAt(at) ^ (1 << random(7))));
  },
  'neighbours swapped': (link, random) => {
    const at = random(link.length - 1);
    return splice(link, at, 2, `${link[at + 1]}${link[at]}`);
  },
  'character removed': (link, random) => splice(link, random(link.length), 1, ''),
  'character doubled': (link, random) => {
    const at = random(link.length);
    return splice(link, at, 0, link[at] ?? '');
  },
  'digit changed': (link, random) => {
    const digits = [...link.matchAll(/[0-9a-f]/g)];
    const at = digits[random(digits.length)]?.index ?? 0;
    return splice(link, at, 1, '0123456789abcdef'[random(16)] ?? '0');
  },
  'other case': (link, random) => {
    const letters = [...link.matchAll(/[a-z]/g)];
    const at = letters[random(letters.length)]?.index ?? 0;
    return splice(link, at, 1, (link[at] ?? '').toUpperCase());
  },
  'percent-encoded': (link, random) => {
    const at = random(link.length);
    return splice(link, at, 1, `%${link.charCodeAt(at).toString(16).padStart(2, '0')}`);
  },
  'parameter doubled': (link, random) => {
    const { path, parts } = partsOf(link);
    const one = parts[random(parts.length)] ?? '';
    return `${path}?${parts.toSpliced(random(parts.length + 1), 0, one).join('&')}`;
  },
  'parameters reordered': (link, random) => {
    const { path, parts } = partsOf(link);
    const [one] = parts.splice(random(parts.length), 1);
    return `${path}?${parts.toSpliced(random(parts.length + 1), 0, one ?? '').join('&')}`;
  },
  'parameter removed': (link, random) => {
    const { path, parts } = partsOf(link);
    return `${path}?${parts.toSpliced(random(parts.length), 1).join('&')}`;
  },
  'other key id': (link, random) =>
    link.replace(/kid=\w+/, `kid=${['k1', 'k3', 'K2', '', '__proto__', 'constructor', 'k2k2', 'k2,k1'][random(8)]}`),
  'junk appended': (link, random) => link + (JUNK[random(JUNK.length)] ?? ''),
  'junk before the query': (link, random) => link.replace('?', `?${JUNK[random(JUNK.length)]}`),
};

describe('signed link', () => {
  it('gives back what was signed', async () => {
    await fc.assert(
      fc.asyncProperty(anyClaims, async (signed) => {
        const link = await signLink(both, signed);
        expect(link.startsWith(`${linkPath(signed.exportId)}?`)).toBe(true);
        expect(await open(both, link, signed.issuedAt)).toEqual(signed);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('opens under none of 1,000 random single mutations of it', async () => {
    const link = await signLink(both, claims);
    expect(await open(both, link)).toEqual(claims);
    const kinds = Object.keys(mutations);
    const accepted: string[] = [];
    const tried: Record<string, number> = {};
    const shots = fc.sample(
      fc.tuple(fc.constantFrom(...kinds), fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 4, maxLength: 4 })),
      { seed: SEED, numRuns: 2000 },
    );
    let count = 0;
    for (const [kind, numbers] of shots) {
      let draw = 0;
      const mutated = mutations[kind]?.(link, (below) => (numbers[draw++ % 4] ?? 0) % below) ?? link;
      if (mutated === link || count === 1000) continue;
      count++;
      tried[kind] = (tried[kind] ?? 0) + 1;
      if (await open(both, mutated)) accepted.push(`${kind}: ${mutated}`);
    }
    console.log(`signed links: tried ${count}, accepted ${accepted.length} (seed ${SEED}) ${JSON.stringify(tried)}`);
    expect(accepted).toEqual([]);
    expect(count).toBe(1000);
    expect(Object.keys(tried).length).toBe(kinds.length);
  });

  it('opens for no other values than the signed ones, field by field', async () => {
    await fc.assert(
      fc.asyncProperty(anyClaims, anyClaims, async (signed, wanted) => {
        const link = await signLink(both, signed);
        const signature = link.slice(link.indexOf('&kid='));
        for (const field of ['exportId', 'adminId', 'issuedAt', 'expiresAt'] as const) {
          if (signed[field] === wanted[field]) continue;
          const c = { ...signed, [field]: wanted[field] };
          const forged = `admin=${c.adminId}&issued=${c.issuedAt}&expires=${c.expiresAt}${signature}`;
          expect(await verifyLink(both, c.exportId, forged, signed.issuedAt * 1000)).toBeNull();
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('ends to the millisecond when it says', async () => {
    const link = await signLink(both, claims);
    const [, search = ''] = link.split('?');
    const ends = claims.expiresAt * 1000;
    expect(await verifyLink(both, EXPORT, search, ends - 1)).toEqual(claims);
    expect(await verifyLink(both, EXPORT, search, ends)).toBeNull();
    expect(await verifyLink(both, EXPORT, search, ends + 1000)).toBeNull();
  });

  it('opens under two keys while they rotate, and under neither of them after its own is gone', async () => {
    const old = await signLink(keysOf('k1', { k1 }), claims);
    const recent = await signLink(both, claims);
    expect(old).toContain('&kid=k1&');
    expect(recent).toContain('&kid=k2&');
    expect(await open(both, old)).toEqual(claims);
    expect(await open(both, recent)).toEqual(claims);
    const rotated = keysOf('k2', { k2 });
    expect(await open(rotated, old)).toBeNull();
    expect(await open(rotated, recent)).toEqual(claims);
  });

  it('does not open under a key that took over another one’s id', async () => {
    const link = await signLink(keysOf('k1', { k1 }), claims);
    expect(await open(keysOf('k1', { k1: k2 }), link)).toBeNull();
  });

  it('does not open under the same secret with another id', async () => {
    const link = await signLink(keysOf('k1', { k1 }), claims);
    expect(await open(keysOf('k9', { k9: k1 }), link.replace('kid=k1', 'kid=k9'))).toBeNull();
  });

  it('is for one export only', async () => {
    const link = await signLink(both, claims);
    const [, search = ''] = link.split('?');
    for (const other of ['0199aaaa-bbbb-7ccc-8ddd-eeeeffff0003', EXPORT.toUpperCase(), `${EXPORT}/`, ''])
      expect(await verifyLink(both, other, search, NOW * 1000)).toBeNull();
  });

  it('cannot be made without a key', async () => {
    await expect(signLink(keysOf('k3', { k1 }), claims)).rejects.toThrow('no link key k3');
  });
});
