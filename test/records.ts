import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import type { App } from './app.ts';

const DAY_MS = 86_400_000;
const RESOURCES = ['service_config', 'export', 'admin'];

/** Audit records put straight into ClickHouse, as if drained long ago: `reasons` one each, or `count` ordinary ones. */
export async function insertRecords(
  app: App,
  serviceId: string,
  o: { count?: number; reasons?: string[]; days: number },
): Promise<void> {
  const reasons = o.reasons ?? Array.from({ length: o.count ?? 0 }, (_, n) => `ticket ${n}`);
  const rows = reasons.map((reason, n) => {
    const id = v7({ msecs: Date.now() - 60_000 - (n % o.days) * DAY_MS });
    const at = new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16))
      .toISOString()
      .replace('T', ' ')
      .replace('Z', '');
    return JSON.stringify({
      id,
      timestamp: at,
      accepted_at: `${at}000`,
      actor_id: randomUUID(),
      actor_email: `a${n}@example.com`,
      actor_role: 'operator',
      action: 'service.config.update',
      resource: RESOURCES[n % RESOURCES.length],
      resource_id: serviceId,
      service_id: serviceId,
      outcome: 'success',
      before_state: JSON.stringify({ maintenanceMode: false, rateLimitRequests: n }),
      after_state: JSON.stringify({ maintenanceMode: true, rateLimitRequests: n + 1 }),
      reason,
      ip_address: '::ffff:203.0.113.0',
    });
  });
  await app.analytics(`INSERT INTO audit_db.admin_audit_logs FORMAT JSONEachRow\n${rows.join('\n')}`);
}
