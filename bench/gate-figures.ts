import { type Figure, medianOf } from './figure.ts';
import type { Measured } from './load.ts';

export interface Measurements {
  /** A Hono route that answers as many bytes. */
  bare: Measured[];
  /** A check of everything but the rate limit, configuration cached. */
  cached: Measured[];
  /** The same with the rate limit, for 1,000 subjects in turn. */
  limited: Measured[];
  /** The same with nine of ten checks for a tenth of the subjects. */
  hot_keys: Measured[];
  /** The same with one subject. */
  one_key: Measured[];
  /** Checks of one subject known to be over its limit. */
  used_up: Measured[];
  /** A check by a service binding. */
  service_binding: Measured[];
  /** A Hono route that asks Cloudflare's rate limiting binding, under Miniflare. */
  simulated_binding: Measured[];
  /** A Hono route that asks our limiter only, under Miniflare. */
  simulated_limiter: Measured[];
}

const BARE = 'a bare Hono route answering as many bytes to the same request, same runtime, same load';
const BINDING =
  'a Hono route that only asks a [[ratelimits]] binding, as Miniflare simulates it: one object for all keys and one or two SQL statements a call. Cloudflare’s own counts in each location by itself and not exactly; nobody can run it here';

export function gateFigures(measured: Measurements): Figure[] {
  const runs = measured.bare.length;
  const cpu = (name: keyof Measurements) => medianOf(measured[name], (one) => one.cpuMicros);
  const rate = (name: keyof Measurements) => medianOf(measured[name], (one) => one.perSecond);
  const p99 = (name: keyof Measurements) => medianOf(measured[name], (one) => one.p99Ms);
  const micros = (figure: string, name: keyof Measurements, note: string): Figure => ({
    figure,
    value: cpu(name),
    unit: 'µs',
    limit: cpu('bare'),
    limitIs: BARE,
    runs,
    note,
  });
  const perSecond = (figure: string, name: keyof Measurements, limit: number, limitIs: string): Figure => ({
    figure,
    value: rate(name),
    unit: '1/s',
    limit,
    limitIs,
    runs,
    note: `16 connections; p99 ${p99(name).toFixed(2)} ms; the load on the same machine`,
  });
  const everything = 'token, domain, address, testers and features, all from memory';
  return [
    micros('check.cached.cpu_us', 'cached', `${everything}; wanted: at most 2`),
    micros('check.limited.cpu_us', 'limited', `${everything}; 1,000 subjects, the Durable Objects in the same process`),
    {
      figure: 'check.limited.vs_binding',
      value: cpu('simulated_limiter'),
      unit: 'µs',
      limit: cpu('simulated_binding'),
      limitIs: BINDING,
      runs,
      note: 'a Hono route that only asks our limiter, which is exact and one for all locations; both under Miniflare',
    },
    micros('check.used_up.cpu_us', 'used_up', 'a subject known to be over its limit: no call of its object'),
    micros(
      'check.service_binding.cpu_us',
      'service_binding',
      'the same check behind an RPC entrypoint; both Workers’ CPU',
    ),
    perSecond('check.cached.per_s', 'cached', rate('bare'), BARE),
    perSecond('check.limited.per_s', 'limited', 1000, '1,000 checks/s of one service'),
    perSecond('check.one_key.per_s', 'one_key', 1000, '1,000 checks/s of one subject'),
    {
      figure: 'check.hot_keys.p99_ms',
      value: p99('hot_keys'),
      unit: 'ms',
      limit: p99('limited'),
      limitIs: 'the same checks spread evenly over the subjects',
      runs,
      note: '1,000 subjects, a tenth of them gets nine of ten checks; 16 connections, the load on the same machine',
    },
  ];
}
