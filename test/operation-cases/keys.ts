import { expect } from 'vitest';
import type { App } from '../app.ts';
import type { Case, Scene } from './case.ts';

const USES = ['cookies', 'links'];
const EVERYWHERE =
  'Everywhere within 30 seconds: until then what is signed elsewhere may still be signed by a key of before.';

const idsOf = ({ settings }: App, use: string): string[] => {
  const { LINK_KEYS, COOKIE_KEYS } = settings as Record<string, string>;
  return Object.keys(JSON.parse((use === 'links' ? LINK_KEYS : COOKIE_KEYS) ?? ''));
};

async function prepare(app: App): Promise<Scene> {
  const keys = async (of: string, ...values: unknown[]) =>
    (await app.db.query(`SELECT use, id, wrapped_by, retire_at FROM signing_keys WHERE ${of} ORDER BY use, id`, values))
      .rows;
  return {
    target: { type: 'keys', uses: USES },
    parameters: { retire: 'when-unused' },
    kinds: { signing_key: 2 },
    warnings: [
      'Links that were made before open until their own time is over, at most a week.',
      'Browsers that are signed in stay so until their own time is over.',
      EVERYWHERE,
    ],
    state: async () => {
      const rows = await keys('true');
      return Object.fromEntries(USES.map((use) => [use, rows.filter((row) => row.use === use)]));
    },
    happened: async ({ id }) => {
      // One of each, however often it was said.
      const made = await keys('operation_id = $1 AND wrapped IS NOT NULL', id);
      expect(made.map(({ use, wrapped_by, retire_at }) => [use, wrapped_by, retire_at])).toEqual(
        USES.map((use) => [use, idsOf(app, use)[0], null]),
      );
      const ended = await keys('retired_by_operation_id = $1', id);
      expect(ended.map((row) => [row.use, row.id])).toEqual(
        USES.flatMap((use) => idsOf(app, use).map((of) => [use, of])),
      );
    },
    records: () =>
      USES.map((resourceId) => ({
        action: 'keys.rotate',
        resource: 'signing_key',
        resourceId,
        before: null,
        after: {
          keyId: expect.stringMatching(/^k[0-9a-f]{31}$/),
          wrappedBy: idsOf(app, resourceId)[0],
          retired: idsOf(app, resourceId).map((keyId) => ({ keyId, retireAt: expect.stringMatching(/Z$/) })),
        },
      })),
  };
}

export const keysRotate: Case = {
  risk: 'destructive',
  permission: 'operations.execute',
  everywhere: true,
  outside: true,
  undo: { signing_key: /never comes back/ },
  optional: [],
  prepare,
  forms: async () => [
    { target: { type: 'every-key' }, ids: USES },
    { target: { type: 'keys', uses: ['links'] }, ids: ['links'] },
    { target: { type: 'keys', uses: ['links', 'links'] }, ids: ['links'] },
  ],
};
