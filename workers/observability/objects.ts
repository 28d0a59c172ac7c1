import type { Context } from '../../domain/context.ts';
import type { Bindings } from '../env.ts';

const ONE = 'all';

export function metricStore(namespace: Bindings['METRIC_STORE']): Context['metricStore'] {
  const store = () => namespace.getByName(ONE);
  return {
    add: (pack) => store().add(pack),
    totals: () => store().totals(),
    freeze: (ids, gauges) => store().freeze(ids, gauges),
    sent: (id) => store().sent(id),
    waiting: () => store().waiting(),
  };
}

export function statusLog(namespace: Bindings['STATUS_LOG']): Context['statusLog'] {
  const log = () => namespace.getByName(ONE);
  return {
    observe: (probes) => log().observe(probes),
    report: () => log().report(),
    begin: (minute) => log().begin(minute),
    look: (look) => log().look(look),
    told: (id, happened) => log().told(id, happened),
    days: () => log().days(),
  };
}
