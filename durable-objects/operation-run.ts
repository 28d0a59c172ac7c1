import { OPERATIONS, type OperationSnapshot } from '../domain/operations/progress.ts';
import { RunFeed } from './run-feed.ts';

/** One object an operation: tells everybody who follows it how far it is. */
export class OperationRun extends RunFeed<OperationSnapshot> {
  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env, OPERATIONS);
  }
}
