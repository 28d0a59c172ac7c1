import { createRoute, z } from '@hono/zod-openapi';
import { CONTENT_TYPES, formatFor } from '../../domain/observability/exposition.ts';
import { METRICS, type MetricName } from '../../domain/observability/metrics.ts';
import { observe } from '../../domain/observability/observed-reads.ts';
import { scrape } from '../../domain/observability/scrape.ts';
import { metricsQuery, readSeries } from '../../domain/observability/series.ts';
import { type App, callerContext } from '../http.ts';
import { problems } from '../openapi.ts';
import { json, securedRaw } from '../route.ts';

const text = { schema: z.string() };

const getMetrics = createRoute({
  ...securedRaw('observability.metrics.read', 'Every metric, for a scraper'),
  method: 'get',
  path: '/v1/observability/metrics',
  request: { query: z.strictObject({}) },
  tags: ['observability'],
  description:
    'Prometheus’ text format 0.0.4, or OpenMetrics 1.0.0 where `Accept` asks for it. Counters are since the deployment’s beginning and some seconds behind; gauges are of now. What a source that does not answer knows is left out, and `steward_scrape_source_up` says so.',
  responses: {
    200: {
      description: 'The metrics.',
      content: { 'text/plain': text, 'application/openmetrics-text': text },
    },
    ...problems(),
  },
});

const series = z
  .object({
    metric: z.enum(Object.keys(METRICS) as [MetricName, ...MetricName[]]),
    kind: z.enum(['counter', 'gauge', 'histogram']),
    stat: z.string(),
    range: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
    stepSeconds: z.int(),
    series: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        values: z.array(z.number().nullable()).openapi({ description: 'One a step; null: nothing was measured' }),
      }),
    ),
    seriesTotal: z.int().openapi({ description: 'More than 100: only the largest are here' }),
  })
  .openapi('MetricSeries');

const getSeries = createRoute({
  ...securedRaw('observability.metrics.read', 'A metric over time'),
  method: 'get',
  path: '/v1/observability/metrics/query',
  tags: ['observability'],
  description:
    'Without from and to the last hour. `stat` is rate (a second) or sum of a counter, avg or max of a gauge, p50, p95, p99, avg (seconds) or rate of a histogram. `by` names labels to keep apart, `where` is a list of label:value. Steps are whole minutes, whole hours for what is older than 90 days; minutes are kept so long, hours for two years. The newest minute may be missing.',
  request: { query: metricsQuery },
  responses: { 200: json('The series.', series), ...problems('malformed_request', 'invalid_field') },
});

export function mountMetrics(app: App): void {
  app.openapi(getMetrics, async (c) => {
    await observe(callerContext(c), c.get('standing'), 'observability.metrics.read');
    const format = formatFor(c.req.header('accept'));
    const exposed = await scrape(c.get('ctx'), format);
    return c.body(exposed, 200, { 'Content-Type': CONTENT_TYPES[format], Vary: 'Accept' });
  });
  app.openapi(getSeries, async (c) => {
    await observe(callerContext(c), c.get('standing'), 'observability.metrics.read');
    return c.json(await readSeries(c.get('ctx'), c.req.valid('query')), 200);
  });
}
