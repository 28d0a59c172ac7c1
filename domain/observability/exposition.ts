import { BUCKETS, labelNames, METRICS, type MetricName, type Point } from './metrics.ts';

/** What a scraper may ask for: Prometheus' text format 0.0.4, or OpenMetrics 1.0.0. */
export type ExpositionFormat = 'prometheus' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const escapeLabel = (value: string) => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
const escapeHelp = (text: string) => text.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'));

const labelled = (names: readonly string[], values: readonly string[]) => {
  const pairs = names.map((name, i) => `${name}="${escapeLabel(values[i] ?? '')}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
};

/** A histogram's buckets are cumulative, and its last one holds all. */
function histogramLines(name: MetricName, names: readonly string[], [, values, numbers]: Point): string[] {
  const [sum = 0, count = 0, ...buckets] = numbers;
  let below = 0;
  const lines = BUCKETS.map((bound, i) => {
    below += buckets[i] ?? 0;
    return `${name}_bucket${labelled([...names, 'le'], [...values, String(bound)])} ${below}`;
  });
  lines.push(`${name}_bucket${labelled([...names, 'le'], [...values, '+Inf'])} ${count}`);
  lines.push(`${name}_sum${labelled(names, values)} ${sum}`, `${name}_count${labelled(names, values)} ${count}`);
  return lines;
}

/**
 * Figures as a scraper reads them (https://prometheus.io/docs/instrumenting/exposition_formats/,
 * https://prometheus.io/docs/specs/om/open_metrics_spec/): metrics in alphabetical order, each with its help and type.
 * @param points at most one a series
 */
export function expose(points: readonly Point[], format: ExpositionFormat): string {
  const byName = Map.groupBy(points, ([name]) => name);
  const lines: string[] = [];
  for (const name of [...byName.keys()].sort()) {
    const { kind, help } = METRICS[name];
    // OpenMetrics names a counter's family without the suffix of its samples.
    const family = format === 'openmetrics' && kind === 'counter' ? name.replace(/_total$/, '') : name;
    lines.push(`# HELP ${family} ${escapeHelp(help)}`, `# TYPE ${family} ${kind}`);
    const names = labelNames(name);
    for (const point of byName.get(name) ?? []) {
      if (kind === 'histogram') lines.push(...histogramLines(name, names, point));
      else lines.push(`${name}${labelled(names, point[1])} ${point[2][0] ?? 0}`);
    }
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return lines.map((line) => `${line}\n`).join('');
}

/** What an Accept field (RFC 9110 section 12.5.1) prefers; Prometheus' own text where it does not ask for the other. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  const qualityOf = (type: RegExp) =>
    Math.max(
      0,
      ...(accept ?? '')
        .split(',')
        .filter((part) => type.test(part))
        .map((part) => Number(/;\s*q=([\d.]+)/i.exec(part)?.[1] ?? 1)),
    );
  const open = qualityOf(/^\s*application\/openmetrics-text\s*(?:;|$)(?!.*version=0\.0\.1)/i);
  return open > 0 && open >= qualityOf(/^\s*text\/plain\s*(?:;|$)/i) ? 'openmetrics' : 'prometheus';
}
