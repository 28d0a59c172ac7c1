/**
 * `npm run migrate`: brings a deployment's Postgres and ClickHouse up to date. Run it before `npm run deploy`.
 * Reads the same connection strings the Worker gets, and the owners' that it never gets.
 */
import { migrateClickHouse } from '../clickhouse/migrate.ts';
import { migratePostgres, setRolePasswords } from '../drizzle/migrate.ts';

const NEEDED = {
  DATABASE_URL_OWNER: 'connection string of the role that owns the tables (postgres://…)',
  DATABASE_URL_API: 'connection string the Worker uses as steward_api',
  DATABASE_URL_EXPORTER: 'connection string the Worker uses as steward_exporter',
  DATABASE_URL_DRAINER: 'connection string the Worker uses as steward_drainer',
  CLICKHOUSE_URL: 'https address of ClickHouse',
  CLICKHOUSE_ADMIN_USER: 'a ClickHouse user that may create databases and tables',
  CLICKHOUSE_ADMIN_PASSWORD: 'its password',
};

type Name = keyof typeof NEEDED;

const missing = Object.entries(NEEDED).filter(([name]) => !process.env[name]);
if (missing.length > 0) {
  for (const [name, meaning] of missing) console.error(`${name} is not set: ${meaning}`);
  process.exit(2);
}
const variable = (name: Name) => process.env[name] as string;

const passwordOf = (name: Name) => decodeURIComponent(new URL(variable(name)).password);

const postgres = await migratePostgres(variable('DATABASE_URL_OWNER'));
await setRolePasswords(variable('DATABASE_URL_OWNER'), {
  steward_api: passwordOf('DATABASE_URL_API'),
  steward_exporter: passwordOf('DATABASE_URL_EXPORTER'),
  steward_drainer: passwordOf('DATABASE_URL_DRAINER'),
});
const clickhouse = await migrateClickHouse({
  url: variable('CLICKHOUSE_URL'),
  username: variable('CLICKHOUSE_ADMIN_USER'),
  password: variable('CLICKHOUSE_ADMIN_PASSWORD'),
});
console.log(
  `Postgres: ${postgres.join(', ') || 'nothing new'}. ClickHouse: ${clickhouse.join(', ') || 'nothing new'}.`,
);
