import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../domain/errors.ts';
import { versionsOf } from './route.ts';

describe('If-Match', () => {
  it.each([
    [undefined, null],
    ['*', null],
    [' * ', null],
    ['"3"', [3]],
    ['"0"', [0]],
    ['"3", "4"', [3, 4]],
    ['"3","4" ,  "5"', [3, 4, 5]],
    ['"999999999"', [999_999_999]],
  ])('%j names the versions %j', (header, versions) => {
    expect(versionsOf(header)).toEqual(versions);
  });

  it.each([
    'W/"3"',
    'W/"3", W/"4"',
    '"abc"',
    '""',
    '"3.0"',
    '"03"',
    '"-3"',
    '"+3"',
    '"0x3"',
    '"1e0"',
    '"*"',
    '"9999999999"',
    '"3-gzip"',
  ])('%s is a tag of no version: it matches nothing', (header) => {
    expect(versionsOf(header)).toEqual([]);
  });

  it('leaves weak and foreign tags out of a list, and keeps the others', () => {
    expect(versionsOf('W/"3", "4", "abc"')).toEqual([4]);
  });

  it.each([
    '',
    ' ',
    '3',
    '3, 4',
    '"3',
    '3"',
    '"3""4"',
    '"3",',
    ',"3"',
    "'3'",
    'w/"3"',
    '"3", *',
    '*, "3"',
    '"3 4"',
    '“3”',
  ])('%j is malformed', (header) => {
    expect(() => versionsOf(header)).toThrow(Malformed);
  });

  it('never takes a header for "any version" that is not * or absent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d"W/*, ]{0,12}$/)), (header) => {
        fc.pre(header.trim() !== '*');
        let versions: number[] | null = [];
        try {
          versions = versionsOf(header);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
        expect(versions).not.toBeNull();
      }),
      { seed: 20_261_121, numRuns: 2000 },
    );
  });
});
