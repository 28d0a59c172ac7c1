import { type Figure, medianOf } from './figure.ts';
import type { Measured } from './load.ts';

export interface Measurements {
  bare: Measured[];
  /** A Hono route that asks the database once and does nothing else. */
  one_query: Measured[];
  get_config: Measured[];
  patch_config: Measured[];
}

const BARE = 'a bare Hono route answering as many bytes, same runtime, same load';
const ONE_QUERY =
  'a Hono route that only sends one query as long and answers as many bytes, same runtime, same database';

const CPU_NOTE = {
  get_config:
    'CPU of workerd; the rate limiter’s Durable Object and Miniflare’s hop for outgoing requests run in it; wanted: at most 6',
  patch_config: 'CPU of workerd; the audit delivery that ran beside the load is in it',
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
  const floor = { value: cpu('get_config'), limit: cpu('one_query'), limitIs: ONE_QUERY };
  return [
    ...perRequest('get_config'),
    { figure: 'get_config.vs_one_query_cpu_us', unit: 'µs', ...floor, runs, note: 'what is Steward’s own in it' },
    ...perRequest('patch_config'),
  ];
}
