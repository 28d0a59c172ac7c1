import { readFileSync } from 'node:fs';
import type { May } from './users.ts';

/** What each restricted user is called on ClickHouse Cloud. */
const CLOUD_USERS: Record<Exclude<May, 'everything'>, string> = {
  read: 'steward_reader',
  insert: 'steward_writer',
  keep: 'steward_keeper',
};

/**
 * The engine's users.xml: one engine user, a role for each `May`. A connection starts with all of them and drops to one with
 * SET ROLE; the way back is another SET ROLE, which restricted users cannot send. The engine then checks every grant itself.
 * @throws Error when a user has no GRANT in clickhouse/users.sql
 */
export function usersXml(): string {
  const sql = readFileSync(new URL('../../clickhouse/users.sql', import.meta.url), 'utf8');
  const restricted = Object.entries(CLOUD_USERS).map(([may, user]) => role(may, grantsTo(user, sql)));
  const names = ['everything', ...Object.keys(CLOUD_USERS)];
  return `<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <roles>
    ${[role('everything', ['GRANT ALL ON *.*']), ...restricted].join('\n    ')}
  </roles>
  <users>
    <default>
      <password></password>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT ${names.join(', ')}</query></grants>
    </default>
  </users>
</clickhouse>
`;
}

/** The rights of a user of ClickHouse Cloud, as GRANTs without their receiver. */
function grantsTo(user: string, sql: string): string[] {
  const lines = [...sql.matchAll(/^(GRANT .+) TO (\w+);$/gm)];
  const grants = lines.flatMap(([, grant, to]) => (to === user && grant !== undefined ? [grant] : []));
  if (grants.length === 0) throw new Error(`clickhouse/users.sql grants nothing to ${user}`);
  return grants;
}

function role(name: string, grants: string[]): string {
  return `<${name}><grants>${grants.map((grant) => `<query>${grant}</query>`).join('')}</grants></${name}>`;
}
