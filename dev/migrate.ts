import { neonConfig } from '@neondatabase/serverless';
import { migrateClickHouse } from '../clickhouse/migrate.ts';
import { migratePostgres, setRolePasswords } from '../drizzle/migrate.ts';

/** Brings both embedded stores up to date. @returns the names of the migrations that ran now */
export async function migrateAll(o: {
  ownerUrl: string;
  neonUrl: string;
  clickhouse: { url: string; user: string; password: string };
  rolePasswords: { api: string; exporter: string; drainer: string };
}): Promise<{ postgres: string[]; clickhouse: string[] }> {
  neonConfig.fetchEndpoint = o.neonUrl;
  const { url, user: username, password } = o.clickhouse;
  const postgres = await migratePostgres(o.ownerUrl);
  await setRolePasswords(o.ownerUrl, {
    steward_api: o.rolePasswords.api,
    steward_exporter: o.rolePasswords.exporter,
    steward_drainer: o.rolePasswords.drainer,
  });
  return { postgres, clickhouse: await migrateClickHouse({ url, username, password }) };
}
