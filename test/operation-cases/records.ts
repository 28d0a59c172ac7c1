import { expect } from 'vitest';
import type { App, Person } from '../app.ts';
import type { Recorded } from './case.ts';
import type { Requested } from './perform.ts';

interface Row {
  action: string;
  resource: string;
  resource_id: string;
  service_id: string | null;
  reason: string;
  before_state: unknown;
  after_state: unknown;
}

const nameOf = ({ action, resource, resourceId, serviceId }: Recorded) =>
  [action, resource, resourceId, serviceId ?? 'of no service'].join(' ');

const nameOfRow = ({ reason, action, resource, resource_id, service_id }: Row) =>
  [
    ...(reason.startsWith('Undone.') ? ['undo'] : []),
    action,
    resource,
    resource_id,
    service_id ?? 'of no service',
  ].join(' ');

/** @param traceId of the request, also for what an undo does: it leads to all that came of it */
function checkOne(row: Row | undefined, wanted: Recorded & { by: Person; reason: string }, traceId: string): void {
  const { before, after, by, reason } = wanted;
  expect(row).toMatchObject({
    actor_id: by.id,
    actor_email: by.email,
    actor_role: 'owner',
    outcome: 'success',
    reason,
    trace_id: traceId,
  });
  const [from, to] = [row?.before_state, row?.after_state];
  if (before === null) expect(from).toBeNull();
  else expect(from).toMatchObject(before);
  // Whole states: nothing else is different.
  if (after === null) expect(to).toBeNull();
  else if (before === null) expect(to).toMatchObject(after);
  else expect(to).toEqual({ ...(from as object), ...after });
}

/**
 * Exactly one record for each thing that changed, and one more for each that was put back.
 * @param back the targets an undo has put back, and who asked for it
 */
export async function checkRecords(
  app: App,
  { scene, operation, traceId }: Requested,
  starts: Person,
  back?: { ids: readonly string[]; by: Person },
): Promise<void> {
  const cause = `[operation ${operation.id}]`;
  const { rows } = await app.db.query<Row>('SELECT * FROM audit_outbox WHERE right(reason, length($1)) = $1', [cause]);
  const wanted = scene.records(operation);
  const undone = wanted.filter(({ resourceId }) => back?.ids.includes(resourceId));
  expect(rows.map(nameOfRow).sort()).toEqual(
    [...wanted.map(nameOf), ...undone.map((each) => `undo ${nameOf(each)}`)].sort(),
  );
  const found = new Map(rows.map((row) => [nameOfRow(row), row]));
  for (const each of wanted) {
    const reason = `${operation.reason} ${cause}`;
    checkOne(found.get(nameOf(each)), { ...each, by: starts, reason }, traceId);
  }
  for (const each of undone) {
    const states = { before: each.after, after: each.before, by: back?.by ?? starts };
    checkOne(found.get(`undo ${nameOf(each)}`), { ...each, ...states, reason: `Undone. ${cause}` }, traceId);
  }
}
