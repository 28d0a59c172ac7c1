import { plantSessions, SESSIONS_EACH } from './operations-data.ts';
import { type Desk, plan, request } from './operations-run.ts';

const WARM_UP = 2;

/** Milliseconds of one of each. */
export interface Planned {
  items: number;
  count: number;
  plan: number;
  request: number;
}

/** In turn: the dry run, the frozen plan, and counting the same targets through the same front of the database. */
export async function measurePlans(desk: Desk, neonUrl: string, runs: number): Promise<Planned[]> {
  await plantSessions(desk.site, desk.people, SESSIONS_EACH);
  const measured: Planned[] = [];
  for (let run = -WARM_UP; run < runs; run++) {
    const counted = await count(desk, neonUrl);
    const planned = await plan(desk);
    const requested = await request(desk);
    for (const { items } of [planned, requested])
      if (items !== counted.items) throw new Error(`${items} targets are planned, ${counted.items} counted`);
    const one = { items: counted.items, count: counted.ms, plan: planned.ms, request: requested.ms };
    if (run >= 0) measured.push(one);
  }
  return measured;
}

/** As the production driver asks, without the driver. */
async function count({ site, people }: Desk, neonUrl: string): Promise<{ items: number; ms: number }> {
  const query = `SELECT (SELECT count(*) FROM admins a WHERE ${chosen}) + (SELECT count(*) FROM admins a
    JOIN admin_sessions s ON s.admin_id = a.id WHERE ${chosen} AND s.revoked_at IS NULL) AS n`;
  const headers = {
    'Neon-Connection-String': site.databaseUrl,
    'Neon-Raw-Text-Output': 'true',
    'Neon-Array-Mode': 'true',
  };
  const body = JSON.stringify({ query, params: [people.roleId, site.owner] });
  const began = performance.now();
  const response = await fetch(neonUrl, { method: 'POST', headers, body });
  const text = await response.text();
  const ms = performance.now() - began;
  if (response.status !== 200) throw new Error(text);
  return { items: Number(JSON.parse(text).rows[0][0]), ms };
}

/** The caller is left out, as the parameter `exceptMe` has it. */
const chosen = `a.status <> 'removed' AND a.subject <> $2
  AND EXISTS (SELECT FROM grants g WHERE g.admin_id = a.id AND g.role_id = $1::uuid)`;
