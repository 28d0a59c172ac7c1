import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { RULES, type Rule, type Sample } from '../../domain/observability/rules.ts';
import { commonApp } from '../app.ts';
import { look } from './expressions.ts';
import { describeWithPrometheus, promtool } from './promtool.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'prometheus');

interface RuleEntry {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: { severity: string };
  annotations?: { summary: string; description: string; runbook: string };
}
interface Test {
  alert_rule_test: { alertname: string; exp_alerts: object[] }[];
}
interface Tests {
  rule_files: string[];
  tests: Test[];
}

let rules: RuleEntry[];
let alerts: (RuleEntry & { alert: string })[];
let groups: { groups: { name: string; rules: RuleEntry[] }[] };
let unitTests: Tests;
let folder: string;
beforeAll(async () => {
  const strict = { strict: true, uniqueKeys: true };
  groups = parse(await readFile(join(FOLDER, 'steward.rules.yml'), 'utf8'), strict);
  rules = groups.groups.flatMap((group) => group.rules);
  alerts = rules.filter((rule): rule is RuleEntry & { alert: string } => rule.alert !== undefined);
  unitTests = parse(await readFile(join(FOLDER, 'steward.rules.test.yml'), 'utf8'), strict);
  folder = await mkdtemp(join(tmpdir(), 'steward-rules-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('deploy/prometheus/steward.rules.yml', () => {
  it('asks only for metrics, labels and values there are', () => {
    const records = rules.flatMap(({ record }) => record ?? []);
    const mistakes = rules.flatMap(({ expr }) => look(expr, records).mistakes);
    console.log(`rules: tried ${rules.length}, failed ${mistakes.length}`);
    expect(mistakes).toEqual([]);
    const planted = {
      'steward_http_request_total > 0': 'there is no steward_http_request_total',
      'steward_outbox_records{queue="exports"}': 'steward_outbox_records has no label queue',
      'steward_queue_messages{queue="export"}': 'steward_queue_messages never has queue = "export"',
      'steward_http_requests_total{status=~"6.."}': 'steward_http_requests_total never has status =~ "6.."',
      'sum by (actor) (steward_outbox_records)': 'nothing here has a label actor',
      'steward_http_request_duration_seconds > 1': 'there is no steward_http_request_duration_seconds',
      'steward:nothing > 1': 'there is no steward:nothing',
    };
    for (const [expr, mistake] of Object.entries(planted)) expect(look(expr, records).mistakes).toEqual([mistake]);
  });

  it('says of each alert how bad it is, and what to do in a runbook of one line', async () => {
    const readme = await readFile(join(FOLDER, 'README.md'), 'utf8');
    for (const { alert, labels, annotations } of alerts) {
      expect(['warning', 'critical'], alert).toContain(labels?.severity);
      expect(annotations?.summary.length, alert).toBeLessThan(80);
      expect(annotations?.runbook).toBe(`deploy/prometheus/README.md#${alert.toLowerCase()}`);
      expect(readme.match(new RegExp(`^### ${alert}\\n\\n.+\\n(\\n|$)`, 'gm')), alert).toHaveLength(1);
    }
    expect(readme.match(/^### Steward\w+$/gm)).toHaveLength(alerts.length);
  });

  it('sends people to routes there are, with questions these answer', async () => {
    const app = await commonApp();
    const owner = await app.person('owner');
    const paths = Object.keys((await app.call('GET', '/v1/openapi.json')).json.paths);
    const readme = await readFile(join(FOLDER, 'README.md'), 'utf8');
    const text = [...alerts.map(({ annotations }) => annotations?.description), readme]
      .join('\n')
      .replaceAll('{{ $labels.queue }}', 'exports');
    const named = [...text.matchAll(/\b(?:GET|POST) (\/v1\/[^\s`)]*[\w}])/g)].map(([, path = '']) => path);
    const wrong: string[] = [];
    for (const path of named) {
      const isThere = paths.includes(path) || (await app.call('GET', path, { as: owner })).status === 200;
      if (!isThere) wrong.push(path);
    }
    await app.stop();
    console.log(`routes named: tried ${named.length}, failed ${wrong.length}`);
    expect(wrong).toEqual([]);
    expect(named.length).toBeGreaterThan(alerts.length);
  });

  it('has the limits, times and severities by which Steward opens incidents', () => {
    const cases: [string, Rule, (value: number) => Partial<Sample>][] = [
      ['StewardOutboxStalled', 'outbox_stalled', (outboxAge) => ({ outboxAge })],
      ['StewardExportStalled', 'export_stalled', (exportAge) => ({ exportAge })],
      ['StewardQueueStalled', 'queue_stalled', (age) => ({ queueAges: { exports: age } })],
      ['StewardDeadLetters', 'dead_letters', (n) => ({ deadLetters: { exports: n } })],
      ['StewardClockSkew', 'clock_skew', (seconds) => ({ skewMs: { postgres: seconds * 1000 } })],
    ];
    for (const [name, rule, sampleOf] of cases) {
      const { expr, ...alert } = alerts.find((one) => one.alert === name) as RuleEntry;
      const limit = Number(/^[^<=>]+ > (\d+)$/.exec(expr)?.[1]);
      const isBad = (value: number) =>
        Object.values(RULES[rule].look(sampleOf(value) as Sample, null)).some((verdict) => verdict);
      expect([isBad(limit), isBad(limit + 1)], name).toEqual([false, true]);
      expect(minutes(alert.for), name).toBe(RULES[rule].opensAfter - 1);
      expect(alert.labels?.severity, name).toBe(RULES[rule].severity);
    }
    for (const [name, rule, level] of [
      ['StewardComponentDegraded', 'component_degraded', 1],
      ['StewardComponentDown', 'component_down', 2],
    ] as const) {
      const alert = alerts.find((one) => one.alert === name);
      expect(alert).toMatchObject({
        expr: `steward_component_status == ${level}`,
        labels: { severity: RULES[rule].severity },
      });
      expect(minutes(alert?.for), name).toBe(RULES[rule].opensAfter - 1);
    }
  });

  it('has for every alert a test that it begins, one that it does not, and one that it ends', () => {
    for (const { alert } of alerts) {
      const own = unitTests.tests.flatMap((test) =>
        test.alert_rule_test.filter(({ alertname }) => alertname === alert),
      );
      const fires = own.map(({ exp_alerts: expected }) => expected.length > 0);
      const quiet = fires.filter((fired) => !fired).length;
      expect([alert, fires.includes(true), quiet >= 2]).toEqual([alert, true, true]);
      const ends = unitTests.tests.some(({ alert_rule_test: all }) => {
        const each = all.filter(({ alertname }) => alertname === alert).map((one) => one.exp_alerts.length > 0);
        return each.some((fired, i) => fired && each[i + 1] === false);
      });
      expect([alert, ends]).toEqual([alert, true]);
    }
  });
});

const minutes = (text: string | undefined) => (text === undefined ? 0 : Number(/^(\d+)m$/.exec(text)?.[1]));

/** An alert with one mistake each: a limit moved or turned round, a time or a window changed. */
function mistakesIn(rule: RuleEntry): RuleEntry[] {
  const inExpr = new Set<string>();
  for (const [found, sign, text] of rule.expr.matchAll(/(>=|>|==) ([\d.]+)\b/g)) {
    const [whole, limit] = [found as string, Number(text)];
    const instead =
      limit === 0 && sign === '>'
        ? ['> 1', '>= 0']
        : sign === '=='
          ? [`== ${limit + 1}`, `!= ${limit}`]
          : [`${sign} ${limit * 1.3}`, `${sign} ${limit * 0.6}`];
    for (const other of instead)
      inExpr.add(rule.expr.replaceAll(new RegExp(`${whole.replace('.', '\\.')}\\b`, 'g'), other));
  }
  for (const [short, long] of [
    ['_rate5m', '_rate1h'],
    ['_rate30m', '_rate6h'],
    ['_rate6h >', '_rate3d >'],
  ] as const)
    if (rule.expr.includes(short) && rule.expr.includes(long)) {
      inExpr.add(rule.expr.replaceAll(short, long));
      inExpr.add(rule.expr.replaceAll(long, short));
    }
  const changed = [...inExpr].map((expr): RuleEntry => ({ ...rule, expr }));
  if (rule.for === undefined) return [...changed, { ...rule, for: '1m' }];
  const { for: _, ...atOnce } = rule;
  return [...changed, atOnce, { ...rule, for: `${minutes(rule.for) + 1}m` }];
}

describeWithPrometheus('Debian’s promtool', () => {
  it('takes the configuration, the rules and their tests', async () => {
    const secret = join(folder, 'steward-machine.secret');
    await writeFile(secret, 'unused');
    const text = await readFile(join(FOLDER, 'prometheus.yml'), 'utf8');
    const config = join(folder, 'prometheus.yml');
    await writeFile(config, text.replace('steward-machine.secret', secret));
    await writeFile(join(folder, 'steward.rules.yml'), await readFile(join(FOLDER, 'steward.rules.yml')));
    for (const args of [
      ['check', 'config', config],
      ['check', 'rules', join(FOLDER, 'steward.rules.yml')],
      ['test', 'rules', join(FOLDER, 'steward.rules.test.yml')],
    ]) {
      const { code, output } = await promtool(args);
      expect([code, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
    }
  });

  // Windows of days are most of the work: only tests of them walk through these.
  it.each([
    ['a share', /ErrorBudget/],
    ['anything else', /^Steward(?!ErrorBudget)/],
  ])('notices a mistake in an alert on %s by its tests', async (_, names) => {
    // All in one run: each mistake is an alert of its own, with the tests of the right one.
    const wrong = new Map<string, RuleEntry>();
    for (const alert of alerts.filter((one) => names.test(one.alert)))
      for (const [i, mistake] of mistakesIn(alert).entries()) {
        const name = `${alert.alert}_${i}`;
        wrong.set(name, { ...mistake, alert: name });
      }
    const ofAlert = (alert: string) => [...wrong.keys()].filter((name) => name.startsWith(`${alert}_`));
    const planted = groups.groups.map((group) => ({
      ...group,
      rules: group.rules.flatMap((rule) =>
        rule.alert ? ofAlert(rule.alert).flatMap((name) => wrong.get(name) ?? []) : [rule],
      ),
    }));
    const tests = unitTests.tests.map((test) => ({
      ...test,
      alert_rule_test: test.alert_rule_test.flatMap((one) =>
        ofAlert(one.alertname).map((alertname) => ({ ...one, alertname })),
      ),
    }));
    const own = tests.filter((test) => test.alert_rule_test.length > 0);
    await writeFile(join(folder, 'planted.yml'), stringify({ groups: planted }));
    const file = { ...unitTests, rule_files: ['planted.yml'], tests: own };
    await writeFile(join(folder, 'planted.test.yml'), stringify(file, { aliasDuplicateObjects: false }));
    const { output } = await promtool(['test', 'rules', join(folder, 'planted.test.yml')]);
    const noticed = new Set([...output.matchAll(/alertname: (\w+), time/g)].map(([, name]) => name));
    const unnoticed = [...wrong].filter(([name]) => !noticed.has(name));
    console.log(`mistakes planted in alerts: tried ${wrong.size}, unnoticed ${unnoticed.length}`);
    expect(unnoticed.map(([name, rule]) => `${name}: ${rule.expr} for ${rule.for}`)).toEqual([]);
  });
});
