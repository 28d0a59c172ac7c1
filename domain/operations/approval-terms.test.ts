import { describe, expect, it } from 'vitest';
import { SettingError } from '../audit/redaction-settings.ts';
import { parseApprovals } from './approval-terms.ts';

const ONE = { quorum: 1, roles: [] };
const NOBODY = { quorum: 0, roles: [] };

describe('OPERATION_APPROVALS', () => {
  it('asks for one admin where nothing is said, and never for a routine operation', () => {
    expect(parseApprovals('{}')).toEqual({ routine: NOBODY, destructive: ONE, irreversible: ONE });
  });

  it('takes a quorum and roles for each risk', () => {
    const written = { destructive: { quorum: 2 }, irreversible: { quorum: 10, roles: ['owner', 'release manager'] } };
    expect(parseApprovals(JSON.stringify(written))).toEqual({
      routine: NOBODY,
      destructive: { quorum: 2, roles: [] },
      irreversible: written.irreversible,
    });
  });

  it('refuses what would be no rule, or one that nobody meant', () => {
    const wrong = [
      '',
      'null',
      '[]',
      '2',
      '{"destructive":',
      '{"destructive":{"quorum":0}}',
      '{"destructive":{"quorum":-1}}',
      '{"destructive":{"quorum":11}}',
      '{"destructive":{"quorum":1.5}}',
      '{"destructive":{"quorum":"2"}}',
      '{"destructive":{"roles":["owner"]}}',
      '{"destructive":2}',
      '{"destructive":{"quorum":1,"role":"owner"}}',
      '{"irreversible":{"quorum":1,"roles":"owner"}}',
      '{"irreversible":{"quorum":1,"roles":[""]}}',
      '{"irreversible":{"quorum":1,"roles":[7]}}',
      `{"irreversible":{"quorum":1,"roles":["${'r'.repeat(101)}"]}}`,
      `{"irreversible":{"quorum":1,"roles":${JSON.stringify(Array(21).fill('owner'))}}}`,
      '{"routine":{"quorum":1}}',
      '{"destructve":{"quorum":2}}',
    ];
    for (const json of wrong) expect(() => parseApprovals(json), json).toThrow(SettingError);
    console.log(`OPERATION_APPROVALS: tried ${wrong.length} wrong settings, taken 0`);
  });

  it('says what a right one looks like', () => {
    const said = (() => {
      try {
        return String(parseApprovals('{"destructive":{"quorum":0}}'));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    const example = /\{.*\}\}/.exec(said)?.[0] ?? '';
    expect(said).toContain('a quorum is 1 to 10');
    expect(parseApprovals(example)).toMatchObject({ irreversible: { quorum: 2, roles: ['owner'] } });
  });
});
