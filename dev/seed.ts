import { neon, neonConfig } from '@neondatabase/serverless';

export interface SeedResult {
  admins: { role: string; subject: string; email: string; id: string }[];
  services: { id: string; slug: string; name: string }[];
}

const ADMINS = ['owner', 'operator', 'auditor', 'viewer', 'gate', 'telemetry'].map((role, i) => ({
  role,
  subject: `dev|${role}`,
  email: `${role}@steward.local`,
  name: `${role[0]?.toUpperCase()}${role.slice(1)} (seed)`,
  id: `01900000-0000-7000-8000-00000000010${i + 1}`,
}));

const SERVICES = [
  ['shop', 'Web shop'],
  ['billing', 'Billing'],
  ['accounts', 'Customer accounts'],
].map(([slug, name], i) => ({
  id: `01900000-0000-7000-8000-00000000020${i + 1}`,
  slug: slug as string,
  name: name as string,
}));

/** Three services, four admins and two machines (one asks the gate, one reports telemetry), one a built-in role, each with a global grant. Running it again changes nothing. */
export async function seed(o: { ownerUrl: string; neonUrl: string }): Promise<SeedResult> {
  neonConfig.fetchEndpoint = o.neonUrl;
  const sql = neon(o.ownerUrl);
  await sql.transaction([
    ...SERVICES.flatMap(({ id, slug, name }) => [
      sql`INSERT INTO services (id, slug, name) VALUES (${id}, ${slug}, ${name}) ON CONFLICT DO NOTHING`,
      sql`INSERT INTO service_config (id, service_id) VALUES (${id.replace('0002', '0003')}, ${id}) ON CONFLICT DO NOTHING`,
    ]),
    ...ADMINS.flatMap(({ id, subject, email, name, role }) => [
      sql`INSERT INTO admins (id, subject, email, name) VALUES (${id}, ${subject}, ${email}, ${name}) ON CONFLICT DO NOTHING`,
      sql`INSERT INTO grants (id, admin_id, role_id) SELECT ${id.replace('0001', '0004')}, ${id}, r.id FROM roles r
        WHERE r.name = ${role} ON CONFLICT DO NOTHING`,
    ]),
  ]);
  return { admins: ADMINS, services: SERVICES };
}
