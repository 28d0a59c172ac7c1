import { describe, expect, it } from 'vitest';
import { expose, formatFor } from './exposition.ts';
import type { Point } from './metrics.ts';

const points: Point[] = [
  ['steward_http_requests_total', ['/v1/a"\\\n', 'GET', '200'], [3]],
  ['steward_outbox_records', [], [0]],
  ['steward_http_request_duration_seconds', ['/v1/a', 'GET'], [1.5, 4, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]],
];

describe('the exposition', () => {
  it('is Prometheus’ text: help, type, escaped labels, cumulative buckets', () => {
    expect(
      expose(points, 'prometheus'),
    ).toBe(`# HELP steward_http_request_duration_seconds From a request until its answer begins.
# TYPE steward_http_request_duration_seconds histogram
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="0.005"} 1
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="0.01"} 1
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="0.025"} 1
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="0.05"} 1
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="0.1"} 1
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="0.25"} 1
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="0.5"} 3
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="1"} 3
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="2.5"} 3
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="5"} 3
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="10"} 3
steward_http_request_duration_seconds_bucket{route="/v1/a",method="GET",le="+Inf"} 4
steward_http_request_duration_seconds_sum{route="/v1/a",method="GET"} 1.5
steward_http_request_duration_seconds_count{route="/v1/a",method="GET"} 4
# HELP steward_http_requests_total Requests answered.
# TYPE steward_http_requests_total counter
steward_http_requests_total{route="/v1/a\\"\\\\\\n",method="GET",status="200"} 3
# HELP steward_outbox_records Audit records that ClickHouse has not confirmed.
# TYPE steward_outbox_records gauge
steward_outbox_records 0
`);
  });

  it('is OpenMetrics where asked for: families of counters without _total, and an end', () => {
    const text = expose(points, 'openmetrics');
    expect(text).toContain('# TYPE steward_http_requests counter\nsteward_http_requests_total{');
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(expose([], 'openmetrics')).toBe('# EOF\n');
    expect(expose([], 'prometheus')).toBe('');
  });

  it('goes by Accept', () => {
    const asked = [
      undefined,
      '*/*',
      'text/plain;version=0.0.4',
      'text/html,application/xhtml+xml,*/*;q=0.8',
      'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.6',
      'application/openmetrics-text;version=0.0.1',
    ];
    for (const accept of asked) expect(formatFor(accept), accept).toBe('prometheus');
    // What Prometheus 2.42 and 3 send.
    for (const accept of [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    ])
      expect(formatFor(accept), accept).toBe('openmetrics');
  });
});
