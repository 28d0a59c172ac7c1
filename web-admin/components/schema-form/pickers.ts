import { call } from '../../api/call.ts';
import { shortId } from '../copyable.tsx';

/** What can be picked from a list instead of typing its id. */
export type PickerKind = 'service' | 'admin' | 'role' | 'session' | 'export' | 'hold' | 'letter';

const BY_NAME: Record<string, PickerKind> = {
  ...{ serviceId: 'service', services: 'service' },
  ...{ notServiceId: 'service', notActorId: 'admin' },
  ...{ actorId: 'admin', requestedBy: 'admin', adminId: 'admin' },
};

/** Of `id` and `ids`: what the target they are in is called. */
const BY_TARGET: Record<string, PickerKind> = {
  ...{ service: 'service', services: 'service', admin: 'admin', admins: 'admin', role: 'role', export: 'export' },
  ...{ hold: 'hold', holds: 'hold', sessions: 'session', letters: 'letter' },
};

/** @param within the target's `type`, where the field is of a target */
export const pickerOf = (name: string, within?: string): PickerKind | null =>
  BY_NAME[name] ?? (name === 'id' || name === 'ids' ? (BY_TARGET[within ?? ''] ?? null) : null);

export interface Choice {
  value: string;
  label: string;
}

type Load = (search: string, signal: AbortSignal) => Promise<Choice[]>;
const LIMIT = 200;

/** The first ones; of those that can be searched for, the first that match. */
export const CHOICES: Record<PickerKind, Load> = {
  service: async (search, signal) =>
    (await call('GET /v1/admin/services', { query: { limit: LIMIT, ...(search && { search }) }, signal })).items.map(
      ({ id, name, slug }) => ({ value: id, label: `${name} (${slug})` }),
    ),
  admin: async (search, signal) =>
    (await call('GET /v1/admin/admins', { query: { limit: LIMIT, ...(search && { search }) }, signal })).items.map(
      ({ id, name, email }) => ({ value: id, label: `${name} (${email})` }),
    ),
  role: async (_, signal) =>
    (await call('GET /v1/admin/roles', { query: { limit: LIMIT }, signal })).items.map(({ id, name }) => ({
      value: id,
      label: name,
    })),
  session: async (_, signal) =>
    (await call('GET /v1/admin/sessions', { query: { limit: LIMIT, alive: 'true' }, signal })).items.map(
      ({ id, email, createdAt }) => ({
        value: id,
        label: `${email}, ${createdAt.slice(0, 16).replace('T', ' ')} (${shortId(id)})`,
      }),
    ),
  export: async (_, signal) =>
    (await call('GET /v1/admin/exports', { query: { limit: LIMIT, requestedBy: 'anybody' }, signal })).items.map(
      ({ id, name, exportType }) => ({ value: id, label: `${name ?? exportType} (${shortId(id)})` }),
    ),
  hold: async (_, signal) =>
    (await call('GET /v1/audit/holds', { query: { limit: LIMIT, status: 'active' }, signal })).items.map(
      ({ id, reason }) => ({ value: id, label: `${reason} (${shortId(id)})` }),
    ),
  letter: async (_, signal) =>
    (await call('GET /v1/audit/dead-letters', { query: { limit: LIMIT }, signal })).items.map(
      ({ id, queue, reason }) => ({ value: id, label: `${queue}: ${reason} (${shortId(id)})` }),
    ),
};

/** Those whose list the server narrows itself; of the others all that there is to choose from is here already. */
export const SEARCHED: ReadonlySet<PickerKind> = new Set(['service', 'admin']);
