import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../errors.ts';
import { localAddress, loginIdOf } from './sign-in.ts';

const SITE = 'https://steward.example';

const accepted = (returnTo: string) => {
  try {
    return localAddress(returnTo, SITE);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
};

describe('returnTo', () => {
  it('is kept as it is written', () => {
    for (const path of [
      '/',
      '/services',
      '/services/1?page=2&q=a%20b#top',
      '/x:y@z',
      '/authors',
      '/x/auth/login',
      '/?/auth',
    ])
      expect(accepted(path)).toBe(SITE + path);
  });

  it('is plain ASCII without spaces or backslashes', () => {
    for (const text of [
      '/x\u0000',
      '/\tx',
      '/x\r\ny',
      '/ x',
      '/x\\y',
      '/ü',
      '/\u2028',
      '/\u007f',
      `/${'x'.repeat(1000)}`,
    ])
      expect([text, accepted(text)]).toEqual([text, null]);
  });

  it('leads nowhere else, whatever it is', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        '\\',
        '//',
        '.',
        '..',
        '@',
        ':',
        '\t',
        '\n',
        '%2f',
        '%5c',
        'evil.example',
        'https:',
        '?',
        '#',
        'auth',
        ' ',
      ),
      fc.string({ maxLength: 3 }),
    );
    let kept = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        for (const returnTo of [text, `/${text}`]) {
          const address = accepted(returnTo);
          if (address === null) continue;
          kept++;
          expect(address.startsWith(`${SITE}/`)).toBe(true);
          expect(new URL(address).origin).toBe(SITE);
          // As a browser at the sign-in's own address would read it.
          expect(new URL(returnTo, `${SITE}/auth/callback`).origin).toBe(SITE);
          expect(new URL(address).pathname).not.toMatch(/^\/auth(\/|$)/i);
        }
      }),
      { numRuns: 3000 },
    );
    expect(kept).toBeGreaterThan(300);
  });
});

describe('the state', () => {
  it('begins with the id of its login', () => {
    expect(loginIdOf('0a1b2c3d.abc')).toBe('0a1b2c3d');
    for (const state of [null, '', '0a1b2c3d', '0A1B2C3D.x', '0a1b2c3.x', '../../../.x', '0a1b2c3d0.x'])
      expect(loginIdOf(state)).toBeNull();
  });
});
