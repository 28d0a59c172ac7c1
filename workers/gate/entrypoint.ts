import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Context } from '../../domain/context.ts';
import { DomainError } from '../../domain/errors.ts';
import { check } from '../../domain/gate/check.ts';
import { type Decision, parseGateRequest } from '../../domain/gate/schema.ts';
import type { Env } from '../env.ts';
import { backgroundContext, runtimeOf } from '../runtime.ts';

/** What other Workers reach by a service binding with `entrypoint = "Gate"`: the binding is the permission to ask. */
export class Gate extends WorkerEntrypoint<Env> {
  /** @throws Invalid naming the fields that are wrong */
  async check(input: unknown): Promise<Decision> {
    const { gate, meter } = await runtimeOf(this.env);
    const ctx = await backgroundContext(this.env, this.ctx, 'rpc');
    const began = ctx.now();
    try {
      const decision = await check(ctx, gate, parseGateRequest(input));
      ctx.log.brief('debug', 'rpc', { method: 'Gate.check', outcome: 'ok', durationMs: ctx.now() - began });
      return decision;
    } catch (error) {
      logFailure(ctx, error, ctx.now() - began);
      throw error;
    } finally {
      meter.sendSoon(ctx);
    }
  }
}

function logFailure({ log }: Context, error: unknown, durationMs: number): void {
  const fields = { method: 'Gate.check', durationMs };
  if (error instanceof DomainError && error.status < 500)
    log.brief('info', 'rpc', { ...fields, outcome: 'client_error', errorCode: error.code });
  else log.error('rpc', { ...fields, outcome: 'server_error', error });
}
