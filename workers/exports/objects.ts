import type { Context } from '../../domain/context.ts';
import type { Bindings } from '../env.ts';
import { runFeeds } from '../run-feeds.ts';

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
    ...runFeeds(object, later),
    claim: (exportId, nonce, request) => object(exportId).claim(nonce, request),
  };
}
