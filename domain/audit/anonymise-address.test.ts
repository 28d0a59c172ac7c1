import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { anonymiseAddress, anonymiseAddresses, NO_ADDRESS } from './anonymise-address.ts';

fc.configureGlobal({ seed: 20_261_121, numRuns: 1000 });

const octets = fc.uint8Array({ minLength: 4, maxLength: 4 });
const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const ipv4 = (bytes: Uint8Array) => bytes.join('.');
const ipv6 = (bytes: Uint8Array) => ipaddr.fromByteArray([...bytes]).toString();

describe('anonymised address', () => {
  it.each([
    ['203.0.113.9', '::ffff:203.0.113.0'],
    ['::ffff:203.0.113.9', '::ffff:203.0.113.0'],
    ['::ffff:cb00:7109', '::ffff:203.0.113.0'],
    ['0:0:0:0:0:FFFF:203.0.113.255', '::ffff:203.0.113.0'],
    ['255.255.255.255', '::ffff:255.255.255.0'],
    ['2001:db8:85a3:8d3::1', '2001:db8:85a3::'],
    ['2001:DB8:85A3:0008:D3::1', '2001:db8:85a3::'],
    ['2001:db8:85a3:ffff:ffff:ffff:ffff:ffff', '2001:db8:85a3::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['::203.0.113.9', '::ffff:203.0.113.0'],
    ['64:ff9b::203.0.113.9', '64:ff9b::'],
  ])('of %s is %s', (address, anonymous) => {
    expect(anonymiseAddress(address)).toBe(anonymous);
  });

  it.each([
    undefined,
    '',
    'unknown',
    'example.com',
    '203.0.113.9, 10.0.0.1',
    '203.0.113.9:1234',
    '203.0.113.256',
    '[::1]',
    ' 203.0.113.9',
    '203.0.113.9/24',
    "1'; DROP TABLE x",
  ])('of %j is none', (text) => {
    expect(anonymiseAddress(text)).toBe(NO_ADDRESS);
  });

  it('is the same for every host of an IPv4 network, mapped or not', () => {
    fc.assert(
      fc.property(octets, fc.nat({ max: 255 }), (bytes, host) => {
        const anonymous = anonymiseAddress(ipv4(bytes));
        expect(anonymous).toBe(`::ffff:${bytes.slice(0, 3).join('.')}.0`);
        const neighbour = ipv4(bytes.with(3, host));
        expect(anonymiseAddress(neighbour)).toBe(anonymous);
        expect(anonymiseAddress(`::ffff:${neighbour}`)).toBe(anonymous);
      }),
    );
  });

  it('is the same for every host of an IPv6 network, and holds its first 48 bits and nothing else', () => {
    fc.assert(
      fc.property(bytes16, bytes16, (bytes, other) => {
        fc.pre(bytes.slice(0, 6).some((byte) => byte !== 0));
        const neighbour = new Uint8Array([...bytes.slice(0, 6), ...other.slice(6)]);
        const anonymous = anonymiseAddress(ipv6(bytes));
        expect(anonymiseAddress(ipv6(neighbour))).toBe(anonymous);
        expect(ipaddr.parse(anonymous).toByteArray()).toEqual([...bytes.slice(0, 6), ...new Array(10).fill(0)]);
      }),
    );
  });

  it('stays as it is when it is anonymised again', () => {
    fc.assert(
      fc.property(fc.oneof(octets.map(ipv4), bytes16.map(ipv6), fc.string()), (text) => {
        const once = anonymiseAddress(text);
        expect(anonymiseAddress(once)).toBe(once);
      }),
    );
  });
});

describe('anonymised addresses in a text', () => {
  it.each([
    ['203.0.113.9', '::ffff:203.0.113.0'],
    [' 2001:db8:85a3::1 ', '2001:db8:85a3::'],
    ['203.0.113.9, 10.1.2.3:80', '::ffff:203.0.113.0, ::ffff:10.1.2.0'],
    ['[2001:db8:85a3::1]:443, [::ffff:203.0.113.9]', '2001:db8:85a3::, ::ffff:203.0.113.0'],
    [
      'for=192.0.2.60;proto=https, for="[2001:db8:cafe::17]:4711"',
      'for=::ffff:192.0.2.0;proto=https, for="2001:db8:cafe::"',
    ],
    ['203.0.113.9/32', '::ffff:203.0.113.0/32'],
    ['fe80::1%eth0', 'fe80::'],
    ['203.0.113.9.', '::ffff:203.0.113.0.'],
    ['unknown', 'unknown'],
    ['host.example.com', 'host.example.com'],
    ['999.1.1.1', '999.1.1.1'],
    ['00:1a:2b:3c:4d:5e', '00:1a:2b:3c:4d:5e'],
    ['', ''],
  ])('of %s are %s', (text, anonymous) => {
    expect(anonymiseAddresses(text)).toBe(anonymous);
    expect(anonymiseAddresses(anonymous)).toBe(anonymous);
  });

  it('hold the host of none of them, however they are written one after the other', () => {
    const address = fc.oneof(octets.map(ipv4), bytes16.map(ipv6));
    const written = address.chain((each) =>
      fc.constantFrom(
        each,
        each.includes(':') ? `[${each}]:443` : `${each}:443`,
        `for="${each.includes(':') ? `[${each}]` : each}"`,
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(address, written), { minLength: 1, maxLength: 5 }), (pairs) => {
        const text = pairs.map(([, each]) => each).join(', ');
        const clean = anonymiseAddresses(text);
        expect(anonymiseAddresses(clean)).toBe(clean);
        for (const part of clean.split(/, |for="|"|]/))
          if (ipaddr.isValid(part)) expect(anonymiseAddress(part)).toBe(part);
      }),
    );
  });
});
