import { describe, expect, it } from 'vitest';
import { PHASES, verbsAt } from '../../../domain/operations/phases.ts';
import type { Me, Operation } from '../../api/schema.gen.ts';
import { offOf, VERBS } from './verbs.ts';

const EVERYTHING = ['operations.execute', 'operations.approve'];
const owner = (id: string): Me => ({
  ...{ id, subject: id, email: `${id}@example.com`, name: id, sessionId: 's', sessionExpiresAt: '' },
  permissions: EVERYTHING,
  grants: [{ serviceId: null, role: 'owner', permissions: EVERYTHING }],
});

const operation = (some: Partial<Operation>): Operation =>
  ({
    ...{ id: 'o', actorAdminId: 'asker', risk: 'destructive', phase: 'planned', startedBy: null, breakGlass: null },
    ...{ itemsDone: 3, itemsFailed: 1, itemsSkipped: 0, itemsUndone: 0 },
    plan: { hash: 'h', itemsTotal: 3, kinds: {}, sample: [], warnings: [], undo: { admin: true } },
    approval: { needed: 1, roles: [], expiresAt: null, decisions: [] },
    ...some,
  }) as Operation;

/** As the API's paths have them. */
const PATH = { break_glass: 'start with breakGlass', retry_failed: 'retry-failed' } as Record<string, string>;

describe('what may be done with an operation', () => {
  it.each(PHASES)('goes by the table of phases: %s', (phase) => {
    const allowed = VERBS.filter(
      (verb) => verb !== 'review' && offOf(verb, operation({ phase }), owner('another')) === null,
    );
    // Approving is in the table also where the quorum is complete already; then there is nothing to approve.
    expect(allowed.map((verb) => PATH[verb] ?? verb).sort()).toEqual(verbsAt(phase).sort());
  });

  it('is not one’s own plan to approve or reject', () => {
    const own = operation({ phase: 'awaiting_approval' });
    expect(offOf('approve', own, owner('asker'))).toEqual({ why: 'ownPlan' });
    expect(offOf('reject', own, owner('asker'))).toEqual({ why: 'ownPlan' });
    expect(offOf('break_glass', own, owner('asker'))).toBeNull();
  });

  it('names the permission that is missing', () => {
    const me = { ...owner('another'), permissions: ['operations.execute'], grants: [] };
    expect(offOf('approve', operation({ phase: 'awaiting_approval' }), me)).toEqual({
      why: 'permission',
      missing: ['operations.approve'],
    });
    expect(offOf('break_glass', operation({ phase: 'awaiting_approval' }), me)).toEqual({ why: 'notOwner' });
  });

  it('does not undo what cannot be put back, and says why', () => {
    const gone = operation({
      phase: 'completed',
      plan: { ...operation({}).plan, undo: { session: 'It stays ended.' } },
    });
    expect(offOf('undo', gone, owner('another'))).toEqual({ why: 'irreversible', because: 'It stays ended.' });
    expect(offOf('undo', operation({ phase: 'cancelled', itemsDone: 0, itemsFailed: 0 }), owner('another'))).toEqual({
      why: 'nothingLeft',
    });
  });

  it('lets another owner review broken glass, whatever the phase', () => {
    const broken = operation({
      phase: 'completed',
      startedBy: 'starter',
      breakGlass: { reviewedBy: null, reviewedAt: null },
    });
    expect(offOf('review', broken, owner('another'))).toBeNull();
    expect(offOf('review', broken, owner('starter'))).toEqual({ why: 'ownStart' });
    expect(offOf('review', operation({ phase: 'completed' }), owner('another'))).toEqual({ why: 'phase' });
  });
});
