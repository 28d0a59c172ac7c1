import { randomUUID } from 'node:crypto';
import type { App, Person } from '../app.ts';

export const ITEMS = 1000;

/** What a target is, as an operation sees it. */
export interface State {
  /** Grows by one with each change. */
  version: number;
  value: string;
}

/** The targets of one operation, a thousand where nothing else is said, and what it is asked to do to them. */
export interface Scene {
  body: { type: string; target: unknown; parameters: unknown };
  /** Target → what it is now. */
  now(): Promise<Map<string, State>>;
  /** Target → what it is to become. */
  wanted(operation: { started_at: Date }): ReadonlyMap<string, string>;
  canUndo: boolean;
  /** Another admin changes one, its value staying. Absent: it could not be told from the operation's own change. */
  touch?(id: string): Promise<unknown>;
}

/** Makes rows that cannot be changed possible: Postgres itself raises. */
export const preparePoison = (app: App) =>
  app.db.query(`CREATE TABLE poisoned (id text PRIMARY KEY);
    CREATE FUNCTION refuse_poisoned() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
    BEGIN
      IF EXISTS (SELECT FROM poisoned WHERE id = to_jsonb(OLD)->>TG_ARGV[0]) THEN RAISE EXCEPTION 'this one throws'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER poisoned BEFORE UPDATE ON service_features FOR EACH ROW EXECUTE FUNCTION refuse_poisoned('id');
    CREATE TRIGGER poisoned BEFORE UPDATE ON service_config FOR EACH ROW EXECUTE FUNCTION refuse_poisoned('service_id');
    CREATE TRIGGER poisoned BEFORE UPDATE ON admins FOR EACH ROW EXECUTE FUNCTION refuse_poisoned('id');
    CREATE TRIGGER poisoned BEFORE UPDATE ON admin_sessions FOR EACH ROW EXECUTE FUNCTION refuse_poisoned('id');`);

export const putPoison = (app: App, ids: readonly string[]) =>
  app.db.query('INSERT INTO poisoned SELECT unnest($1::text[])', [ids]);

export const heal = (app: App) => app.db.query('TRUNCATE poisoned');

const asMap = <Row extends { id: string }, Value>(rows: Row[], of: (row: Row) => Value) =>
  new Map(rows.map((row) => [row.id, of(row)]));

/** Services with their configurations. @returns their ids */
export async function manyServices(app: App, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await app.db.query(
    `INSERT INTO services (id, slug, name) SELECT id, 'many-' || id, 'Many' FROM unnest($1::uuid[]) id`,
    [ids],
  );
  await app.db.query(
    'INSERT INTO service_config (id, service_id) SELECT gen_random_uuid(), id FROM unnest($1::uuid[]) id',
    [ids],
  );
  return ids;
}

/** Features of four services; every twentieth is already what it is to become. */
export async function featuresScene(app: App, by: Person, items = ITEMS): Promise<Scene> {
  const services = await manyServices(app, 4);
  const { rows } = await app.db.query(
    `INSERT INTO service_features (id, service_id, name, code, is_active, created_by)
     SELECT gen_random_uuid(), s, 'Feature', 'f' || n, n % 3 = 0, $2 FROM unnest($1::uuid[]) s, generate_series(1, $3::int) n
     RETURNING id::text, service_id, code, is_active`,
    [services, by.id, items / services.length],
  );
  const become = (row: { is_active: boolean }, n: number) => (n % 20 === 7 ? row.is_active : !row.is_active);
  const asked = rows.map((row, n) => ({ ...row, isActive: become(row, n) }));
  const ids = rows.map(({ id }) => id);
  return {
    body: {
      type: 'features.toggle',
      target: {
        type: 'features',
        items: asked.map(({ service_id, code, isActive }) => ({ serviceId: service_id, code, isActive })),
      },
      parameters: {},
    },
    now: async () => {
      const found = await app.db.query(
        'SELECT id::text, version, is_active::text AS value FROM service_features WHERE id = ANY ($1)',
        [ids],
      );
      return asMap(found.rows, ({ version, value }) => ({ version, value }));
    },
    wanted: () => new Map(asked.map(({ id, isActive }) => [id, String(isActive)])),
    canUndo: true,
    touch: (id) => app.db.query('UPDATE service_features SET version = version + 1 WHERE id = $1', [id]),
  };
}

/** One change of the configuration of a thousand services. */
export async function configScene(app: App): Promise<Scene> {
  const ids = await manyServices(app, ITEMS);
  return {
    body: {
      type: 'services.config.apply',
      target: { type: 'services', ids },
      parameters: { patch: { rateLimitRequests: 77 } },
    },
    now: async () => {
      const found = await app.db.query(
        `SELECT service_id::text AS id, version, rate_limit_requests::text AS value FROM service_config
         WHERE service_id = ANY ($1)`,
        [ids],
      );
      return asMap(found.rows, ({ version, value }) => ({ version, value }));
    },
    wanted: () => new Map(ids.map((id) => [id, '77'])),
    canUndo: true,
    touch: (id) => app.db.query('UPDATE service_config SET version = version + 1 WHERE service_id = $1', [id]),
  };
}

/** One admin's epoch and 999 sessions of theirs. A session has no version: being ended counts as its one step. */
export async function sessionsScene(app: App): Promise<Scene> {
  const admin = await app.person('viewer');
  const ids = Array.from({ length: ITEMS - 1 }, () => randomUUID());
  await app.db.query(
    `INSERT INTO admin_sessions (id, admin_id, ip_address, user_agent) SELECT unnest($1::text[]), $2, '192.0.2.0', 'Test'`,
    [ids, admin.id],
  );
  const instant = (column: string) =>
    `coalesce(to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '')`;
  return {
    body: { type: 'sessions.revoke', target: { type: 'admin', id: admin.id }, parameters: {} },
    now: async () => {
      const found = await app.db.query(
        `SELECT id, (revoked_at IS NOT NULL)::int AS version, ${instant('revoked_at')} AS value FROM admin_sessions
         WHERE admin_id = $1
         UNION ALL SELECT id::text, version, ${instant('sessions_not_before')} FROM admins WHERE id = $1`,
        [admin.id],
      );
      return asMap(found.rows, ({ version, value }) => ({ version, value }));
    },
    // The instant at which it began, to the millisecond.
    wanted: ({ started_at }) => new Map([admin.id, ...ids].map((id) => [id, started_at.toISOString()])),
    canUndo: false,
  };
}
