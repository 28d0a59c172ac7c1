import { expect, it } from 'vitest';
import { requestsIn } from './look-around.ts';
import type { Point } from './metrics.ts';

const answered = (route: string, status: string, n: number): Point => [
  'steward_http_requests_total',
  [route, 'GET', status],
  [n],
];

it('counts what was asked and what failed, but neither probes nor scrapes', () => {
  const totals: Point[] = [
    answered('/v1/admin/me', '200', 90),
    answered('/v1/admin/me', '503', 3),
    answered('(none)', '404', 5),
    answered('/v1/observability/metrics/query', '500', 2),
    answered('/v1/observability/metrics', '200', 1000),
    answered('/v1/health/live', '200', 1000),
    answered('/v1/health/ready', '503', 1000),
    ['steward_problems_total', ['internal_error'], [7]],
  ];
  expect(requestsIn(totals)).toEqual({ all: 100, failed: 5 });
});
