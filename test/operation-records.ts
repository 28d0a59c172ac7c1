import type { App } from './app.ts';

/** What the audit trail says of an operation, in its order: `operation.approve denied`. */
export async function trailOf(app: App, operationId: string): Promise<string[]> {
  await app.drained();
  const records = await app.auditOf(operationId);
  const odd = records.filter(({ resource }) => resource !== 'operation');
  if (odd.length > 0) throw new Error(`records of an operation that name something else: ${JSON.stringify(odd)}`);
  return records.map(({ action, outcome }) => `${action} ${outcome}`);
}

/** The last record of an operation, with its states parsed. */
export async function lastRecordOf(app: App, operationId: string) {
  await app.drained();
  const last = (await app.auditOf(operationId)).at(-1);
  if (!last) throw new Error(`operation ${operationId} has no record`);
  const parsed = (text: string | undefined) => (text ? JSON.parse(text) : null);
  return {
    actor_id: last.actor_id,
    reason: last.reason,
    before: parsed(last.before_state),
    after: parsed(last.after_state),
  };
}
