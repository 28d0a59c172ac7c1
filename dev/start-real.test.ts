import { describe, expect, it } from 'vitest';
import { freePort } from './ports.ts';
import { kill, LINUX, leaveNothing, ours, Start } from './start-testing.ts';

async function configOf(vars: Record<string, string>, change?: object): Promise<Record<string, unknown>> {
  const headers = { Authorization: `Bearer ${vars.OWNER}`, 'Content-Type': 'application/json', 'Audit-Reason': 'test' };
  const url = `${vars.API}/v1/admin/services/${vars.SERVICE}/config`;
  const answer = await fetch(url, change ? { method: 'PATCH', headers, body: JSON.stringify(change) } : { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

describe.skipIf(!LINUX)('npm start with the real engines', { timeout: 120_000 }, () => {
  leaveNothing();

  it('refuses a second start, reports a killed child, keeps data, recovers from kill -9, forgets with --fresh', async () => {
    const port = await freePort();
    const first = new Start(port);
    const changed = await configOf(await first.ready(), { maintenanceMode: true, maintenanceMessage: 'kept?' });
    const second = new Start(await freePort(), '--fresh');
    expect(await second.exitCode()).toBe(1);
    expect(second.output).toMatch(/^Steward is already running here \(pid \d+\): .*\n$/);
    kill(/bin\/postgres -D/);
    expect(await first.exitCode()).toBe(1);
    expect(first.output).toMatch(/Postgres ended by itself \(killed by SIGKILL\): everything else is stopped.*\n$/);
    expect(ours()).toEqual([]);

    const again = new Start(port);
    expect(await configOf(await again.ready())).toEqual(changed);
    await again.exitCode('SIGKILL');

    const fresh = new Start(port, '--fresh');
    expect(await configOf(await fresh.ready())).toMatchObject({ maintenanceMode: false, version: 1 });
    expect(fresh.output).toMatch(/^The start before this one \(pid \d+\) was killed/);
    kill(/workerd serve/);
    expect(await fresh.exitCode()).toBe(1);
    expect(fresh.output).toMatch(/Worker ended by itself .*: everything else is stopped.*\n$/);
  });
});
