import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDomains, hostOfHost, hostOfOrigin } from './hosts.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 1000 });

const label = fc.constantFrom('a', 'b', 'example', 'com', 'co', 'uk');
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const domain = fc.oneof(
  name,
  name.map((text) => `*.${text}`),
);

/** The obvious way: label by label from the right. */
function allows(host: string, domains: string[]): boolean {
  const labels = host.split('.');
  return domains.some((each) => {
    const isWild = each.startsWith('*.');
    const wanted = (isWild ? each.slice(2) : each).split('.');
    const longEnough = isWild ? labels.length > wanted.length : labels.length === wanted.length;
    return longEnough && wanted.every((part, i) => part === labels[labels.length - wanted.length + i]);
  });
}

describe('domains', () => {
  it('are matched exactly as a comparison label by label says', () => {
    let [inside, tried] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(domain, { maxLength: 6 }),
        fc.array(name, { minLength: 1, maxLength: 6 }),
        (domains, hosts) => {
          const matches = compileDomains(domains);
          for (const host of hosts) {
            const expected = allows(host, domains);
            expect([host, domains, matches(host)]).toEqual([host, domains, expected]);
            tried++;
            if (expected) inside++;
          }
        },
      ),
    );
    console.log(`hosts against domains: tried ${tried}, inside ${inside}, different 0`);
    expect(inside).toBeGreaterThan(tried / 20);
  });
});

describe('hosts', () => {
  const letters = fc.constantFrom(...'abz019-._ABZ:/@?#%&\\ \t\nöß①。[]*');
  const odd = fc.oneof(
    fc.array(letters, { maxLength: 14 }).map((parts) => parts.join('')),
    fc.constantFrom(
      '0x7f.1',
      '127.1',
      '1.0x',
      'xn--a',
      'xn--kln-sna',
      'a.',
      'a..',
      '[::1]',
      'a:80',
      'a:99999',
      'localhost',
    ),
  );

  /** What a browser would send the request to. */
  function asUrl(url: string): string | null {
    if (!URL.canParse(url)) return null;
    const { hostname, protocol } = new URL(url);
    return /^https?:$/.test(protocol) ? hostname.replace(/\.$/, '') : null;
  }

  it('of origins are read as URLs are, whatever they hold', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.constantFrom('https://', 'http://', 'HTTPS://', '', 'ftp://', 'x:'), odd, (scheme, rest) => {
        const expected = asUrl(scheme + rest);
        expect([scheme + rest, hostOfOrigin(scheme + rest)]).toEqual([scheme + rest, expected]);
        if (expected !== null) read++;
      }),
    );
    console.log(`origins: tried 1000, of which ${read} had a host, different from URL 0`);
    expect(read).toBeGreaterThan(100);
  });

  it('of Host fields are a name with or without port and nothing more', () => {
    fc.assert(
      fc.property(odd, (host) => {
        const expected = /[\s/\\?#@]/.test(host) ? null : asUrl(`http://${host}`);
        expect([host, hostOfHost(host)]).toEqual([host, expected]);
      }),
    );
  });

  it.each([
    ['https://Example.COM', 'example.com'],
    ['https://example.com.', 'example.com'],
    ['https://example.com:8443', 'example.com'],
    ['https://BÜCHER.example', 'xn--bcher-kva.example'],
    ['https://example.com@evil.test', 'evil.test'],
    ['https://evil.test\\@example.com', 'evil.test'],
    ['https://0x7f.1', '127.0.0.1'],
    ['null', null],
    ['', null],
    ['example.com', null],
    ['javascript://example.com', null],
  ])('of %j: %j', (origin, host) => {
    expect(hostOfOrigin(origin)).toBe(host);
  });
});
