import type { Context } from '../../domain/context.ts';
import type { Bindings } from '../env.ts';
import { runFeeds } from '../run-feeds.ts';

/** @param later of the invocation: an operation's run waits for no report */
export const operationRuns = (
  namespace: Bindings['OPERATION_RUN'],
  later: Context['later'],
): Context['operationRuns'] => runFeeds((operationId) => namespace.getByName(operationId), later);
