import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { METRICS } from '../../domain/observability/metrics.ts';
import { look } from './expressions.ts';
import { describeWithPrometheus, promtool } from './promtool.ts';

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');
/** Grafana is in no registry of packages and does not run here: what is tested is its file, and each question in it. */
const dashboard: Dashboard = JSON.parse(await readFile(join(DEPLOY, 'grafana', 'steward.json'), 'utf8'));
const rules: { groups: { rules: { record?: string }[] }[] } = parse(
  await readFile(join(DEPLOY, 'prometheus', 'steward.rules.yml'), 'utf8'),
);

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  targets?: { refId: string; expr: string; datasource: { uid: string } }[];
}
interface Dashboard {
  uid: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: { name: string; type: string; query: unknown }[] };
}

const PANEL_TYPES = ['timeseries', 'state-timeline'];
const { panels } = dashboard;
const graphs = panels.filter(({ type }) => type !== 'row');
const expressions = graphs.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

describe('deploy/grafana/steward.json', () => {
  it('is a dashboard: panels with ids of their own, in rows, none over another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const isOver = (a: Panel['gridPos'], b: Panel['gridPos']) =>
      a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    const overlaps = panels.flatMap((a, i) =>
      panels.slice(i + 1).flatMap((b) => (isOver(a.gridPos, b.gridPos) ? [`${a.title} and ${b.title}`] : [])),
    );
    expect(overlaps).toEqual([]);
    for (const { title, gridPos } of panels) expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
    expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      ...['Traffic and errors', 'Latency', 'Sign-in refusals', 'Gate', 'Queues and dead letters', 'Outbox', 'Exports'],
      ...['Operations', 'Notifications', 'Databases', 'Health'],
    ]);
    expect(graphs.filter(({ type }) => !PANEL_TYPES.includes(type))).toEqual([]);
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(41);
  });

  it('asks whichever Prometheus it is given, for the Steward that is chosen', () => {
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['instance', 'query'],
    ]);
    for (const { title, datasource, targets = [] } of graphs) {
      expect(datasource, title).toEqual({ type: 'prometheus', uid: '${datasource}' });
      expect(targets.length, title).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      for (const target of targets) {
        expect(target.datasource.uid, title).toBe('${datasource}');
        expect(target.expr, title).toContain('job="steward",instance=~"$instance"');
      }
    }
  });

  it('shows every metric there is, and none that is not', () => {
    const records = rules.groups.flatMap((group) => group.rules.flatMap(({ record }) => record ?? []));
    const looks = expressions.map((expr) => look(expr, records));
    const mistakes = looks.flatMap((found) => found.mistakes);
    const shown = new Set(looks.flatMap((found) => [...found.metrics]));
    const missing = (Object.keys(METRICS) as (keyof typeof METRICS)[]).filter((name) => !shown.has(name));
    console.log(
      `dashboard: expressions tried ${expressions.length}, failed ${mistakes.length}; ` +
        `metrics ${Object.keys(METRICS).length}, without a panel ${missing.length}`,
    );
    expect(mistakes).toEqual([]);
    expect(missing).toEqual([]);
  });
});

describeWithPrometheus('the dashboard’s expressions', () => {
  it('are PromQL, as promtool parses it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'steward-dashboard-'));
    const check = async (exprs: string[]) => {
      const file = join(folder, 'expressions.yml');
      const own = exprs.map((expr, i) => ({
        record: `expression_${i}`,
        expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
      }));
      await writeFile(file, stringify({ groups: [{ name: 'dashboard', rules: own }] }));
      return promtool(['check', 'rules', file]);
    };
    try {
      const { code, output } = await check(expressions);
      expect([code, output]).toEqual([0, expect.stringContaining(`${expressions.length} rules found`)]);
      expect((await check([`${expressions[0]})`])).code).not.toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
