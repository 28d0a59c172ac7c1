import type { Context } from '../../domain/context.ts';
import type { Bindings } from '../env.ts';

/** One list for the deployment: turns are taken among all exports. */
export function exportTurns(namespace: Bindings['EXPORT_TURNS']): Context['exportTurns'] {
  const turns = () => namespace.getByName('all');
  return {
    arrive: (exportId, adminId) => turns().arrive(exportId, adminId),
    enter: (exportId, adminId, limits, leaseMs) => turns().enter(exportId, adminId, limits, leaseMs),
    goOn: (exportId, adminId, limits, leaseMs) => turns().goOn(exportId, adminId, limits, leaseMs),
    leave: (exportId, comesBack = false) => turns().leave(exportId, comesBack),
    withdraw: (exportId) => turns().withdraw(exportId),
  };
}

/** @param later of the invocation: an export's run waits for no report */
export function exportRuns(namespace: Bindings['EXPORT_RUN'], later: Context['later']): Context['exportRuns'] {
  const object = (exportId: string) => namespace.getByName(exportId);
  return {
    report: newestFirst((exportId, snapshot) => object(exportId).report(snapshot), later),
    learn: (exportId, read) => object(exportId).learn(read),
    follow: (exportId, initial) => object(exportId).follow(initial),
    claim: (exportId, nonce, request) => object(exportId).claim(nonce, request),
  };
}

/** Sends one at a time for a name, and of those that come meanwhile the last one only: they arrive in order, and none piles up. */
function newestFirst<Value>(send: (name: string, value: Value) => Promise<void>, later: (work: Promise<void>) => void) {
  const next = new Map<string, Value>();
  const sending = new Set<string>();
  const sendAll = async (name: string) => {
    try {
      for (let value = next.get(name); value !== undefined; value = next.get(name)) {
        next.delete(name);
        await send(name, value);
      }
    } finally {
      sending.delete(name);
      next.delete(name);
    }
  };
  return (name: string, value: Value): void => {
    next.set(name, value);
    if (sending.has(name)) return;
    sending.add(name);
    later(sendAll(name));
  };
}
