import { labelNames, METRICS, type MetricName } from '../../domain/observability/metrics.ts';

/** What Prometheus adds to every series, or a histogram's buckets have. */
const EVERYWHERE = ['job', 'instance', 'le'];
const LISTS = new Set(['by', 'on', 'ignoring', 'without', 'group_left', 'group_right']);
const TOKEN = /"((?:[^"\\]|\\.)*)"|([a-zA-Z_:][\w:]*)|(=~|!~|!=|==|>=|<=|[^\s])|\s+/g;

type Token = { text: string; kind: 'string' | 'word' | 'sign' };

const tokensOf = (expr: string): Token[] =>
  [...expr.matchAll(TOKEN)].flatMap(([, string, word, sign]): Token[] => {
    if (string !== undefined) return [{ kind: 'string', text: string }];
    if (word !== undefined) return [{ kind: 'word', text: word }];
    return sign === undefined ? [] : [{ kind: 'sign', text: sign }];
  });

/** The metric of ours that a series is of: a histogram has three kinds. */
export function metricOf(series: string): MetricName | null {
  if (series in METRICS && METRICS[series as MetricName].kind !== 'histogram') return series as MetricName;
  const base = series.replace(/_(bucket|sum|count)$/, '');
  return base !== series && base in METRICS && METRICS[base as MetricName].kind === 'histogram'
    ? (base as MetricName)
    : null;
}

function valueMistake(metric: MetricName, label: string, sign: string, value: string): string[] {
  const values: unknown = (METRICS[metric].labels as Record<string, unknown>)[label];
  if (!Array.isArray(values)) return [];
  const isThere = values.some((known) =>
    /^[=!]~$/.test(sign) ? new RegExp(`^(?:${value})$`).test(known) : known === value,
  );
  return isThere ? [] : [`${metric} never has ${label} ${sign} "${value}"`];
}

function matcherMistakes(metric: MetricName, tokens: Token[]): string[] {
  const known = [...labelNames(metric), ...EVERYWHERE];
  return tokens.flatMap(({ kind, text }, i) => {
    if (kind !== 'word') return [];
    if (!known.includes(text)) return [`${metric} has no label ${text}`];
    return valueMistake(metric, text, tokens[i + 1]?.text ?? '', tokens[i + 2]?.text ?? '');
  });
}

/**
 * What an expression asks for, and what of it does not exist: names, labels, and values of labels with a closed list.
 * @param records names of recorded series, and the labels they have
 */
export function look(expr: string, records: readonly string[]): { metrics: Set<MetricName>; mistakes: string[] } {
  const tokens = tokensOf(expr);
  const [metrics, mistakes, grouped] = [new Set<MetricName>(), [] as string[], [] as string[]];
  const until = (i: number, end: string) =>
    tokens.findIndex(({ kind, text }, j) => j > i && kind === 'sign' && text === end);
  for (const [i, { kind, text }] of tokens.entries()) {
    const next = tokens[i + 1]?.text;
    if (kind === 'word' && LISTS.has(text) && next === '(')
      grouped.push(...tokens.slice(i + 2, until(i, ')')).flatMap((one) => (one.kind === 'word' ? [one.text] : [])));
    if (kind !== 'word' || !/^steward[_:]/.test(text)) continue;
    const metric = metricOf(text);
    if (metric) metrics.add(metric);
    else if (!records.includes(text)) mistakes.push(`there is no ${text}`);
    if (metric && next === '{') mistakes.push(...matcherMistakes(metric, tokens.slice(i + 2, until(i, '}'))));
  }
  const labels = new Set([...EVERYWHERE, 'channel', ...[...metrics].flatMap(labelNames)]);
  mistakes.push(...grouped.filter((label) => !labels.has(label)).map((label) => `nothing here has a label ${label}`));
  return { metrics, mistakes };
}
