import { randomUUID } from 'node:crypto';
import type { App } from './app.ts';
import { pick } from './audit-rows.ts';
import { plantAdmin, plantUser } from './personal-data.ts';

/** Persons with rows of their own in every table, the first one with more than a page of them. */
async function fillPersons(app: App) {
  const [service, elsewhere] = [await app.service(), await app.service()];
  const [first, second, third] = [
    await app.person('viewer'),
    await app.person(null),
    await app.person('auditor', service),
  ];
  for (const [who, other] of [
    [first, second],
    [second, third],
    [third, first],
  ] as const)
    await plantAdmin(app, who, other, await app.service());
  await app.db.query(
    `INSERT INTO admin_operations (id, type, actor_admin_id, target_type, parameters, status, phase, reason)
     SELECT gen_random_uuid(), 'cache.purge', $1, 'every-service', '{}', 'completed', 'completed', 'Because of "n" ' || n FROM generate_series(1, 90) n`,
    [first.id],
  );
  const users = [randomUUID(), randomUUID()];
  for (const user of users) await plantUser(app, user, third, [service, elsewhere]);
  return { admins: [first.id, second.id, third.id], users };
}

/** Of everything in Postgres that is exported, more than one page. @returns persons with rows of their own */
export async function fillDatabase(app: App, actorId: string, services: readonly string[]) {
  const persons = await fillPersons(app);
  const admins = await Promise.all(
    Array.from({ length: 45 }, () => app.person(pick(['operator', 'auditor', null]), pick([...services, null]))),
  );
  await app.db.query(`UPDATE admins SET status = 'locked' WHERE id = ANY ($1)`, [
    admins.slice(0, 9).map(({ id }) => id),
  ]);
  await app.db.query(`INSERT INTO services (id, slug, name, description, archived_at)
    SELECT gen_random_uuid(), 'shop-' || n, 'Shop ' || n, CASE WHEN n % 2 = 0 THEN 'Sells, "much"' END,
      CASE WHEN n % 3 = 0 THEN now() END FROM generate_series(1, 60) n`);
  await app.db.query(`INSERT INTO service_config (id, service_id, ip_whitelist) SELECT gen_random_uuid(), id,
    ARRAY['203.0.113.0/24', '2001:db8::/32'] FROM services WHERE slug LIKE 'shop-%'`);
  for (const id of services) {
    await app.db.query(
      `INSERT INTO service_features (id, service_id, name, code, description, created_by, is_active, display_order)
       SELECT gen_random_uuid(), $1, 'Feature ' || n, 'f' || n, nullif(repeat('d', n % 4), ''), $1, n % 2 = 0, n
       FROM generate_series(1, 40) n`,
      [id],
    );
    await app.db.query(
      `INSERT INTO service_tester_users (id, service_id, user_id, bypass_ip, expires_at, note, created_by)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), n % 2 = 0, CASE WHEN n % 3 = 0 THEN now() END, nullif('note ' || n, 'note 1'), $1
       FROM generate_series(1, 30) n`,
      [id],
    );
    await app.db.query(
      `INSERT INTO service_tester_admins (id, service_id, admin_id, created_by) SELECT gen_random_uuid(), $1, id, id FROM admins`,
      [id],
    );
    await app.db.query(
      `INSERT INTO service_domains (id, service_id, domain, created_by)
      SELECT gen_random_uuid(), $1, 'd' || n || '.example.com', $1 FROM generate_series(1, 3) n`,
      [id],
    );
  }
  await app.db.query(
    `INSERT INTO admin_operations (id, type, actor_admin_id, target_type, target_id, parameters, status, created_at)
     SELECT gen_random_uuid(), (ARRAY['cache.purge', 'service.copy'])[1 + n % 2], $1::uuid, 'service', CASE WHEN n % 2 = 0 THEN $1::uuid::text END,
       jsonb_build_object('n', n, 'big', 9007199254740993), (ARRAY['pending', 'running', 'completed', 'failed'])[1 + n % 4]::operation_status,
       now() - n * interval '5 hours' FROM generate_series(1, 90) n`,
    [actorId],
  );
  return persons;
}
