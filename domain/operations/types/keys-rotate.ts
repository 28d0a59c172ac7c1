import * as z from 'zod';
import { storedKeyId } from '../../access/key-opening.ts';
import { FRESH_MS } from '../../access/key-ring.ts';
import { KEY_USES, type KeyUse } from '../../access/key-wrap.ts';
import { RETIREMENTS, rotateKey } from '../../access/rotate-key.ts';
import type { Context } from '../../context.ts';
import { derivedId } from '../derived-id.ts';
import { type Applied, operationType, type Performed } from './declare.ts';

const parameters = z.strictObject({
  /** `now` is for a key or a link that leaked: all that was signed before is refused. */
  retire: z.enum(RETIREMENTS),
});

type Retire = z.infer<typeof parameters>['retire'];

const SECONDS = FRESH_MS / 1000;

/** By what is rotated, and when the keys of before end. */
const ENDS: Record<KeyUse, Record<Retire, string>> = {
  links: {
    'when-unused': 'Links that were made before open until their own time is over, at most a week.',
    now: 'Every download link that was made before is refused from now on; how many are alive is not known, links are kept nowhere.',
  },
  cookies: {
    'when-unused': 'Browsers that are signed in stay so until their own time is over.',
    now: 'Every browser is signed out, yours too: everybody signs in again. Access tokens go on; sessions stay listed until they are revoked.',
  },
};

async function rotate(ctx: Context, { id }: { id: string }, run: Performed): Promise<Applied> {
  const keyId = storedKeyId(await derivedId(run.operationId, id));
  const { retire } = run.parameters as z.infer<typeof parameters>;
  const after = await rotateKey(ctx, { operationId: run.operationId, use: id as KeyUse, keyId, retire });
  return { outcome: 'succeeded', after };
}

/** New keys for download links and browsers' cookies, made and kept in Postgres; see domain/access/key-ring.ts. */
export const keysRotate = operationType({
  summary: 'Make new keys for download links and browsers’ sessions, and retire those of before',
  risk: 'destructive',
  // What `now` ends at most is what sessions.revoke of everyone and exports.purge end too.
  permission: 'operations.execute',
  everywhere: true,
  locks: ['signing_keys'],
  target: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('keys'), uses: z.array(z.enum(KEY_USES)).min(1).max(KEY_USES.length) }),
    z.strictObject({ type: z.literal('every-key') }),
  ]),
  parameters,
  draft: (target) => ({
    selection: 'listed',
    targetId: null,
    list: (target.type === 'keys' ? target.uses : KEY_USES).map((use) => ({
      ...{ kind: 'signing_key', id: use, label: `the key of ${use}`, flag: use },
    })),
  }),
  patches: () => ({}),
  each: { signing_key: { action: 'keys.rotate', apply: rotate } },
  warnings: ({ flags }, { retire }) => [
    ...KEY_USES.filter((use) => flags?.[use]).map((use) => ENDS[use][retire]),
    `Everywhere within ${SECONDS} seconds: until then what is signed elsewhere may still be signed by a key of before.`,
  ],
  undo: { signing_key: 'A retired key may be known to others and never comes back; rotate again for another new one.' },
});
