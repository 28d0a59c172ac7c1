import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { type App, type Person, until } from './app.ts';

export interface TestRecord {
  id: string;
  at: Date;
  resource: string;
  resourceId: string;
  actorId: string;
  /** null: about no service. */
  serviceId: string | null;
}

const NO_SERVICE = '00000000-0000-0000-0000-000000000000';
const YEAR_MS = 365.25 * 86_400_000;

export const yearsAgo = (years: number) => new Date(Date.now() - years * YEAR_MS);

/** `at` is an instant of the past, such as one beyond the seven years of retention. */
export function testRecord(o: Partial<Omit<TestRecord, 'id'>> = {}): TestRecord {
  const at = o.at ?? new Date();
  return {
    id: v7({ msecs: at.getTime() }),
    at,
    resource: o.resource ?? 'service_config',
    resourceId: o.resourceId ?? randomUUID(),
    actorId: o.actorId ?? randomUUID(),
    serviceId: o.serviceId ?? null,
  };
}

/** Accepted: they wait in the outbox for the next drain. `taken`: a drainer has them in hand already. */
export async function accept(app: App, records: readonly TestRecord[], taken = false): Promise<void> {
  await app.db.query(
    `INSERT INTO audit_outbox (id, occurred_at, actor_id, actor_email, actor_role, action, resource, resource_id, service_id,
       outcome, ip_address, request_id, trace_id, batch_id, leased_until)
     SELECT r.id, r.at, r."actorId", 'x@example.com', 'owner', 'service.config.update', r.resource, r."resourceId", r."serviceId",
       'success', '::', 'r', 't', $2::uuid, CASE WHEN $2::uuid IS NOT NULL THEN now() + interval '1 hour' END
     FROM jsonb_to_recordset($1) AS r (id uuid, at timestamptz, resource text, "resourceId" text, "actorId" uuid, "serviceId" uuid)`,
    [JSON.stringify(records), taken ? randomUUID() : null],
  );
}

/** In the table already, as if drained long ago. */
export async function store(app: App, records: readonly TestRecord[], legalHold: 0 | 1): Promise<void> {
  const rows = records.map(({ id, at, resource, resourceId, actorId, serviceId }) => {
    const timestamp = at.toISOString().replace('T', ' ').replace('Z', '');
    return JSON.stringify({
      id,
      timestamp,
      accepted_at: timestamp,
      actor_id: actorId,
      action: 'service.config.update',
      resource,
      resource_id: resourceId,
      service_id: serviceId ?? NO_SERVICE,
      outcome: 'success',
      legal_hold: legalHold,
    });
  });
  await app.analytics(`INSERT INTO audit_db.admin_audit_logs FORMAT JSONEachRow\n${rows.join('\n')}`);
}

/** `legal_hold` of those that are still there, by id. */
export async function flagsOf(app: App, records: readonly TestRecord[]): Promise<Map<string, number>> {
  const ids = records.map(({ id }) => `'${id}'`).join(', ');
  const rows = await app.analytics<{ id: string; legal_hold: number }>(
    `SELECT id, legal_hold FROM audit_db.admin_audit_logs WHERE id IN (${ids || `'${NO_SERVICE}'`})`,
  );
  const flags = new Map(rows.map(({ id, legal_hold }) => [id, legal_hold]));
  if (flags.size !== rows.length) throw new Error('a record is in the table twice');
  return flags;
}

/** Merges all parts into one. While other tests keep parts busy the engine may refuse. @throws its last words */
export async function merge(app: App, table = 'admin_audit_logs'): Promise<void> {
  const query = `OPTIMIZE TABLE audit_db.${table} FINAL SETTINGS optimize_throw_if_noop = 1`;
  let refusal = '';
  const isMerged = () =>
    app.analytics(query).then(
      () => true,
      (error) => {
        refusal = String(error);
        return false;
      },
    );
  // Was refused for 40 s once, beside other campaigns; why is not known.
  await until(isMerged, `the parts of ${table} are merged`, 120_000).catch((error) => {
    throw new Error(refusal, { cause: error });
  });
}

/** A hold as just made. */
export async function openHold(app: App, as: Person, criteria: Record<string, unknown>) {
  const answer = await app.call('POST', '/v1/audit/holds', { as, body: { reason: 'case 7', ...criteria } });
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.json;
}

export const releaseHold = (app: App, as: Person, holdId: string, headers: Record<string, string> = {}) =>
  app.call('POST', `/v1/audit/holds/${holdId}/release`, { as, body: { reason: 'case 7 is closed' }, headers });

export const readHold = async (app: App, as: Person, holdId: string) =>
  (await app.call('GET', `/v1/audit/holds/${holdId}`, { as })).json;

/** What the cron's nudge does, without waiting for the queue. */
export async function applyHolds(app: App): Promise<void> {
  const worker = await app.worker().miniflare.getWorker('steward');
  await worker.queue('audit-outbox', [
    { id: randomUUID(), timestamp: new Date(), attempts: 1, body: { v: 1, kind: 'holds.apply' } },
  ]);
}

/** Of a hold. Not by GET: a look is a record more, which the next run would have to send first. */
export const holdStatusOf = async (app: App, holdId: string): Promise<string | undefined> =>
  (await app.db.query('SELECT status FROM audit_holds WHERE id = $1', [holdId])).rows[0]?.status;

/** Who could not send records tries again after seconds: they are over. */
export const retryNow = (app: App) =>
  app.db.query('UPDATE audit_outbox SET leased_until = now() WHERE sent_at IS NULL AND leased_until > now()');

/** Waits until the hold has come to that status. */
export async function hold(app: App, as: Person, holdId: string, status: 'active' | 'released') {
  await until(async () => {
    if ((await holdStatusOf(app, holdId)) === status) return true;
    await applyHolds(app);
    return (await holdStatusOf(app, holdId)) === status;
  }, `hold ${holdId} is ${status}`);
  return readHold(app, as, holdId);
}
