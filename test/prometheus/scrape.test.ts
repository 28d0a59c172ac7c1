import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { freePort } from '../../dev/ports.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { metricOf } from './expressions.ts';
import { describeWithPrometheus, promtool } from './promtool.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'prometheus');
const ROUTE = '/v1/observability/metrics';

interface Found {
  metric: Record<string, string>;
  value: [number, string];
}

/** Debian's Prometheus with our configuration, of which only addresses and intervals are others. */
async function startPrometheus(folder: string, app: App) {
  const { issuer } = app.engines;
  const config = parse(await readFile(join(FOLDER, 'prometheus.yml'), 'utf8'));
  const [job] = config.scrape_configs;
  const secret = join(folder, 'steward-machine.secret');
  await writeFile(secret, issuer.machine.clientSecret, { mode: 0o600 });
  config.global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  config.rule_files = [join(FOLDER, 'steward.rules.yml')];
  delete config.alerting;
  expect(job.oauth2.client_id).toBe(issuer.machine.clientId);
  job.scheme = 'http';
  job.oauth2 = { ...job.oauth2, client_secret_file: secret, token_url: `${issuer.url}/token` };
  job.static_configs = [{ targets: [new URL(app.worker().url).host] }];
  const file = join(folder, 'prometheus.yml');
  await writeFile(file, stringify(config));
  const checked = await promtool(['check', 'config', file]);
  expect([checked.code, checked.output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said: string[] = [];
  child.stderr.on('data', (data) => said.push(String(data)));
  const ask = async (path: string) => {
    const answer = await fetch(new URL(path, url)).catch(() => null);
    return answer?.ok ? ((await answer.json()) as { data: unknown }).data : null;
  };
  const query = async (expr: string): Promise<Found[]> =>
    ((await ask(`/api/v1/query?query=${encodeURIComponent(expr)}`)) as { result: Found[] } | null)?.result ?? [];
  return { child, said, ask, query };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

describeWithPrometheus('a scrape', () => {
  let app: App;
  let owner: Person;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steward-prometheus-'));
    app = await startApp({ METRICS_GATHER_SECONDS: '1' });
    owner = await app.person('owner');
    for (let i = 0; i < 5; i++) await app.call('GET', '/v1/admin/me', { as: owner });
    await app.call('GET', '/v1/admin/me');
    // The clock's look brings health and clock skew.
    await app.worker().scheduled('* * * * *');
  });
  afterAll(async () => {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const scraped = async (accept: string) =>
    (await app.call('GET', ROUTE, { as: owner, headers: { Accept: accept } })).text;

  it('is well-formed and well-named, as promtool judges it', async () => {
    const text = await scraped('text/plain');
    expect(text.match(/^# TYPE /gm)?.length).toBeGreaterThan(20);
    expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
    const { code } = await promtool(['check', 'metrics'], text.replace('# HELP steward_outbox_records', '# HELP x'));
    expect(code).not.toBe(0);
  });

  it('is OpenMetrics where asked for, as promtool reads it', async () => {
    const text = await scraped('application/openmetrics-text;version=1.0.0');
    // promtool takes it only as a backfill, where every sample has an instant.
    const dated = text.replaceAll(/^(steward_.*)$/gm, '$1 1763900000');
    const blocks = async (name: string, content: string) => {
      const [file, data] = [join(folder, name), join(folder, `${name}-blocks`)];
      await writeFile(file, content);
      await mkdir(data);
      return promtool(['tsdb', 'create-blocks-from', 'openmetrics', file, data]);
    };
    const { code, output } = await blocks('whole', dated);
    expect([code, output]).toEqual([0, expect.stringContaining('NUM SERIES')]);
    const samples = text.match(/^steward_/gm)?.length ?? 0;
    console.log(`OpenMetrics: tried ${samples} samples, failed ${code}`);
    expect((await blocks('cut', dated.replace('# EOF\n', ''))).code).not.toBe(0);
    expect((await blocks('wrong', dated.replace('} ', '} x'))).code).not.toBe(0);
  });

  /** Pastes the lines of README.md beside the configuration. @returns the id of the machine's grant */
  async function letIn(): Promise<string> {
    const readme = await readFile(join(FOLDER, 'README.md'), 'utf8');
    const lines = /```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const env = { ...process.env, API: app.worker().url, OWNER: owner.token };
    const { stdout } = await promisify(execFile)('bash', ['-c', lines], { env });
    const { id, roleId } = JSON.parse(stdout) as { id: string; roleId: string };
    const role = await app.call('GET', `/v1/admin/roles/${roleId}`, { as: owner });
    expect(role.json.permissions).toEqual(['observability.view']);
    return id;
  }

  /** One dead letter is an alert, and put back is none. */
  async function anAlertBeginsAndEnds(figure: (expr: string) => Promise<number>): Promise<void> {
    const firing = 'count(ALERTS{alertname="StewardDeadLetters",alertstate="firing",queue="exports"})';
    await app.db.query(
      `INSERT INTO dead_letters (id, queue, body, attempts) VALUES (gen_random_uuid(), 'exports', '{}', 1)`,
    );
    await until(async () => (await figure(firing)) === 1, 'the alert begins');
    await app.db.query('UPDATE dead_letters SET replayed_at = now()');
    await until(async () => Number.isNaN(await figure(firing)), 'the alert ends');
  }

  it('works with Debian’s Prometheus: it fetches its token, scrapes, judges, and loses what it may with its grant', async () => {
    const grant = await letIn();
    const prometheus = await startPrometheus(folder, app);
    const figure = async (expr: string) => Number((await prometheus.query(expr))[0]?.value[1] ?? Number.NaN);
    try {
      await until(async () => {
        if (prometheus.child.exitCode !== null) throw new Error(prometheus.said.join(''));
        return (await figure('up{job="steward"}')) === 1;
      }, 'up is 1');
      for (let i = 0; i < 40; i++) await app.call('GET', '/v1/admin/roles', { as: owner });
      const counted = 'sum(steward_http_requests_total{route="/v1/admin/roles",method="GET",status="200"})';
      await until(async () => (await figure(counted)) >= 40, 'all requests are counted');
      expect(await figure(counted)).toBe(40);
      expect(await figure('count(scrape_samples_scraped{job="steward"} > 100)')).toBe(1);
      const names = (await prometheus.ask('/api/v1/label/__name__/values')) as string[];
      const own = names.filter((name) => name.startsWith('steward_'));
      expect(own.filter((name) => metricOf(name) === null)).toEqual([]);

      await anAlertBeginsAndEnds(figure);
      const { groups } = (await prometheus.ask('/api/v1/rules')) as { groups: { rules: { health: string }[] }[] };
      const health = groups.flatMap(({ rules }) => rules.map((rule) => rule.health));
      console.log(
        `Debian’s Prometheus: up, requests tried 40, counted ${await figure(counted)}; ` +
          `rules tried ${health.length}, failed ${health.filter((one) => one !== 'ok').length}`,
      );
      expect(new Set(health)).toEqual(new Set(['ok']));

      expect((await app.call('DELETE', `/v1/admin/grants/${grant}`, { as: owner })).status).toBe(204);
      await until(async () => (await figure('up{job="steward"}')) === 0, 'a scrape is refused');
    } finally {
      await end(prometheus.child);
    }
  });
});
