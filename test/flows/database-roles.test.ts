import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, commonApp } from '../app.ts';

let app: App;
beforeAll(async () => {
  app = await commonApp();
});
afterAll(() => app.stop());

const REFUSED = ['42501', '25006'];

const AUTHORISE = `SELECT FROM authorise('', '', 0, '{}', NULL, '', '', gen_random_uuid(), now(), '', '', '', NULL, '', '', '')`;

const ERASE = 'SELECT erase_account(gen_random_uuid())';

const FORBIDDEN: Record<'api' | 'exporter' | 'drainer', string[]> = {
  api: [
    'SELECT * FROM audit_outbox',
    'UPDATE audit_outbox SET reason = $$x$$',
    'DELETE FROM audit_outbox',
    'TRUNCATE audit_outbox',
    'DELETE FROM admin_exports',
    'UPDATE admin_exports SET requested_by = requested_by',
    'UPDATE admin_export_chunks SET sha256 = $$x$$',
    'DELETE FROM admin_export_chunks',
    'UPDATE admin_operations SET parameters = parameters',
    'UPDATE admin_operations SET plan_hash = plan_hash',
    'UPDATE admin_operations SET approvals_needed = 0',
    'UPDATE admin_operations SET actor_admin_id = actor_admin_id',
    'UPDATE admin_operation_chunks SET ids = ids',
    'UPDATE admin_operation_approvals SET decision = decision',
    'UPDATE admin_operation_items SET target_id = target_id',
    'DELETE FROM admin_operations',
    'DELETE FROM admin_operation_items',
    'DELETE FROM admin_operation_chunks',
    'DELETE FROM admin_operation_approvals',
    'UPDATE export_schedules SET owner_id = owner_id',
    'UPDATE export_schedules SET created_at = created_at',
    'TRUNCATE export_schedules',
    'UPDATE operation_schedules SET owner_id = owner_id',
    'UPDATE operation_schedules SET created_at = created_at',
    'TRUNCATE operation_schedules',
    'UPDATE admin_operations SET schedule_id = schedule_id',
    'UPDATE roles SET built_in = true',
    'UPDATE grants SET admin_id = admin_id',
    'UPDATE admins SET subject = subject',
    'DELETE FROM admins',
    'UPDATE services SET id = id',
    'DELETE FROM services',
    'UPDATE admin_sessions SET admin_id = admin_id',
    'DELETE FROM admin_sessions',
    'UPDATE service_features SET service_id = service_id',
    'UPDATE service_domains SET domain = domain',
    'UPDATE service_consents SET revision = revision',
    'UPDATE service_documents SET object_key = object_key',
    'UPDATE service_config SET service_id = service_id',
    'UPDATE dead_letters SET body = body',
    'UPDATE dead_letters SET reason = $$x$$',
    'DELETE FROM dead_letters',
    'UPDATE audit_holds SET actor_id = actor_id',
    'UPDATE audit_holds SET to_time = to_time',
    'UPDATE audit_holds SET reason = reason',
    'DELETE FROM audit_holds',
    'UPDATE signing_keys SET wrapped = wrapped',
    'UPDATE signing_keys SET created_at = created_at',
    'DELETE FROM signing_keys',
    'DELETE FROM service_config',
    'UPDATE notification_channels SET type = type',
    'UPDATE notification_channels SET created_at = created_at',
    'TRUNCATE notification_channels',
    'UPDATE notification_secrets SET wrapped = wrapped',
    'UPDATE notification_secrets SET channel_id = channel_id',
    'UPDATE notification_deliveries SET payload = payload',
    'UPDATE notification_deliveries SET channel_id = channel_id',
    'DELETE FROM notification_deliveries',
    'SELECT * FROM schema_migrations',
    'SELECT * FROM subject_erasures',
    `SELECT erased_subject(gen_random_uuid())`,
    'UPDATE admin_operation_chunks SET labels = labels',
    'UPDATE admin_sessions SET ip_address = ip_address',
    'CREATE TABLE x (a int)',
    'ALTER TABLE audit_outbox DISABLE TRIGGER ALL',
    'SET ROLE steward_drainer',
  ],
  exporter: [
    'INSERT INTO admin_exports SELECT * FROM admin_exports',
    'UPDATE admin_exports SET status = status',
    'DELETE FROM admin_exports',
    'SELECT before_state FROM audit_outbox',
    'SELECT * FROM admin_sessions',
    'SELECT * FROM idempotency_keys',
    'SELECT * FROM dead_letters',
    'SELECT * FROM audit_holds',
    'SELECT * FROM export_schedules',
    'SELECT * FROM operation_schedules',
    'SELECT * FROM admin_operation_items',
    'SELECT * FROM admin_operation_chunks',
    'SELECT id FROM signing_keys',
    'SELECT * FROM notification_secrets',
    'SELECT payload FROM notification_deliveries',
    'SELECT last_error FROM notification_channels',
    'UPDATE service_features SET name = name',
    'CREATE TEMP TABLE x (a int)',
    'SELECT * FROM subject_erasures',
    ERASE,
    AUTHORISE,
    'SET ROLE steward_api',
  ],
  drainer: [
    'UPDATE audit_outbox SET reason = $$x$$',
    'UPDATE audit_outbox SET actor_id = actor_id',
    `INSERT INTO audit_outbox (id) VALUES (gen_random_uuid())`,
    'SELECT * FROM admins',
    'SELECT * FROM service_config',
    'SELECT * FROM service_documents',
    'SELECT * FROM dead_letters',
    'SELECT reason FROM audit_holds',
    'UPDATE audit_holds SET status = status',
    'UPDATE admin_exports SET status = status',
    'SELECT key FROM idempotency_keys',
    'SELECT id FROM signing_keys',
    'SELECT * FROM export_schedules',
    'SELECT * FROM operation_schedules',
    'SELECT payload FROM notification_deliveries',
    'SELECT * FROM notification_channels',
    'SELECT * FROM notification_secrets',
    'UPDATE notification_deliveries SET status = status',
    'SELECT * FROM subject_erasures',
    ERASE,
    AUTHORISE,
    'SET ROLE steward_api',
  ],
};

describe('database roles', () => {
  for (const role of ['api', 'exporter', 'drainer'] as const)
    it(`refuse ${role} what it should not do`, async () => {
      const client = new pg.Client({ connectionString: rawUrl(role) });
      await client.connect();
      for (const statement of FORBIDDEN[role]) {
        const code = await client.query(statement).then(
          () => 'allowed',
          (error: { code: string }) => error.code,
        );
        expect([statement, REFUSED.includes(code) ? 'refused' : code]).toEqual([statement, 'refused']);
      }
      await client.end();
      console.log(`role ${role}: tried ${FORBIDDEN[role].length}, allowed 0`);
    });
});

/** The role's own connection, past the HTTP front. */
function rawUrl(role: 'api' | 'exporter' | 'drainer'): string {
  const url = new URL(app.ownerUrl);
  url.username = `steward_${role}`;
  url.password = app.engines.rolePasswords[role];
  return url.href;
}
