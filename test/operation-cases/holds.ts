import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { App, Person } from '../app.ts';
import { flagsOf, hold, openHold, store, testRecord } from '../holds.ts';
import type { Case, Cast, Scene } from './case.ts';

/** It waits for the records that were on their way when it was made; those of a killed runtime the sweep sends on. */
async function comesTo(app: App, as: Person, id: string, status: 'active' | 'released') {
  await app.worker().scheduled('* * * * *');
  return hold(app, as, id, status);
}

const flags = async (app: App, records: Parameters<typeof flagsOf>[1]) => [...(await flagsOf(app, records)).values()];

/** Records of one actor: two that are meant, and one of another resource. */
async function apply(app: App, { asks }: Cast): Promise<Scene> {
  const actorId = randomUUID();
  const meant = [testRecord({ actorId }), testRecord({ actorId })];
  const other = testRecord({ actorId, resource: 'service' });
  await store(app, [...meant, other], 0);
  const criteria = { resource: 'service_config', resourceId: null, actorId, serviceId: null, from: null, to: null };
  return {
    target: { type: 'records', resource: 'service_config', actorId },
    parameters: {},
    kinds: { new_hold: 1 },
    warnings: [],
    state: async () => {
      const { rows } = await app.db.query('SELECT id FROM audit_holds WHERE actor_id = $1', [actorId]);
      return { new: rows.length };
    },
    happened: async ({ id, reason, startedBy }) => {
      expect(await comesTo(app, asks, id, 'active')).toMatchObject({ ...criteria, reason, createdBy: startedBy });
      expect([await flags(app, meant), await flags(app, [other])]).toEqual([[1, 1], [0]]);
    },
    records: ({ id, reason }) => [
      {
        action: 'audit.hold.create',
        resource: 'audit_hold',
        resourceId: id,
        before: null,
        after: { ...criteria, reason, status: 'applying' },
      },
    ],
  };
}

/** Two holds that are active. */
async function release(app: App, { asks }: Cast): Promise<Scene> {
  const actorIds = [randomUUID(), randomUUID()];
  const records = actorIds.map((actorId) => testRecord({ actorId }));
  await store(app, records, 0);
  const holds = await Promise.all(actorIds.map((actorId) => openHold(app, asks, { actorId })));
  const ids: string[] = holds.map(({ id }) => id);
  for (const id of ids) await hold(app, asks, id, 'active');
  expect(await flags(app, records)).toEqual([1, 1]);
  return {
    target: { type: 'holds', ids },
    parameters: {},
    kinds: { audit_hold: 2 },
    warnings: [],
    state: async () => {
      const { rows } = await app.db.query('SELECT id, released_at FROM audit_holds WHERE id = ANY ($1)', [ids]);
      return Object.fromEntries(rows.map(({ id, released_at }) => [id, released_at]));
    },
    happened: async () => {
      for (const id of ids) await comesTo(app, asks, id, 'released');
      expect(await flags(app, records)).toEqual([0, 0]);
    },
    records: ({ startedAt, reason, startedBy }) =>
      ids.map((id, n) => ({
        action: 'audit.hold.release',
        resource: 'audit_hold',
        resourceId: id,
        before: { actorId: actorIds[n], reason: 'case 7', status: 'active', releasedAt: null },
        after: { status: 'releasing', releasedAt: startedAt, releasedBy: startedBy, releaseReason: reason },
      })),
  };
}

const common = { permission: 'audit.hold.manage', everywhere: true } as const;

export const auditHoldApply: Case = {
  ...common,
  risk: 'routine',
  undo: { new_hold: /audit\.hold\.release/ },
  optional: ['target.resource', 'target.actorId'],
  prepare: apply,
  forms: async (app) => {
    const period = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' };
    return [
      { target: { type: 'records', ...period }, ids: ['new'] },
      { target: { type: 'records', serviceId: await app.service(), resourceId: null }, ids: ['new'] },
    ];
  },
};

export const auditHoldRelease: Case = {
  ...common,
  risk: 'irreversible',
  undo: { audit_hold: /gone as soon as/ },
  optional: [],
  prepare: release,
  forms: async (app, { asks }) => {
    const { id } = await openHold(app, asks, { actorId: randomUUID() });
    return [{ target: { type: 'hold', id }, ids: [id] }];
  },
};
