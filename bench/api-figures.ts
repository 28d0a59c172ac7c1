import { type Figure, medianOf } from './figure.ts';
import type { Measured } from './load.ts';

export interface Measurements {
  bare: Measured[];
  /** A Hono route that asks the database once and does nothing else. */
  one_query: Measured[];
  /** One that calls one Durable Object and sends the statement of GET through the production driver. */
  least: Measured[];
  get_config: Measured[];
  patch_config: Measured[];
}

const BARE = 'a bare Hono route answering as many bytes, same runtime, same load';
const ONE_QUERY =
  'a Hono route that only sends one query as long and answers as many bytes, same runtime, same database';
const LEAST =
  'a Hono route that only calls a Durable Object that counts and sends the very statement of GET with the production driver; same runtime, same database';

const CPU_NOTE = {
  get_config: 'CPU of workerd, without Miniflare; the rate limiter’s Durable Object runs in it; wanted: at most 6',
  patch_config: 'CPU of workerd, without Miniflare; queue messages go to a stub: audit delivery is not in it',
};

export function apiFigures(measured: Measurements): Figure[] {
  const runs = measured.bare.length;
  const cpu = (name: keyof Measurements) => medianOf(measured[name], (one) => one.cpuMicros);
  const rate = (name: keyof Measurements) => medianOf(measured[name], (one) => one.perSecond);
  const waits = (name: keyof Measurements) => {
    const [p50, p99] = [medianOf(measured[name], (one) => one.p50Ms), medianOf(measured[name], (one) => one.p99Ms)];
    return `16 connections; p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; load and databases on the same machine`;
  };
  const perRequest = (name: 'get_config' | 'patch_config'): Figure[] => [
    {
      figure: `${name}.cpu_us`,
      value: cpu(name),
      unit: 'µs',
      limit: cpu('bare'),
      limitIs: BARE,
      runs,
      note: CPU_NOTE[name],
    },
    {
      figure: `${name}.req_s`,
      value: rate(name),
      unit: '1/s',
      limit: rate('bare'),
      limitIs: BARE,
      runs,
      note: waits(name),
    },
  ];
  const against = (figure: string, name: 'one_query' | 'least', limitIs: string, note: string): Figure => {
    return { figure, value: cpu('get_config'), unit: 'µs', limit: cpu(name), limitIs, runs, note };
  };
  const floorNote =
    'one Durable Object call and the statement of GET through the production driver: no sign-in, routing, checks or schema';
  return [
    ...perRequest('get_config'),
    against('get_config.vs_one_query_cpu_us', 'one_query', ONE_QUERY, 'the query goes through plain fetch, no driver'),
    against('get_config.vs_least_cpu_us', 'least', LEAST, 'what is Steward’s own in it'),
    {
      figure: 'least.cpu_us',
      value: cpu('least'),
      unit: 'µs',
      limit: cpu('bare'),
      limitIs: BARE,
      runs,
      note: floorNote,
    },
    ...perRequest('patch_config'),
  ];
}
