import { WorkerEntrypoint } from 'cloudflare:workers';
import { check } from '../../domain/gate/check.ts';
import { type Decision, parseGateRequest } from '../../domain/gate/schema.ts';
import type { Env } from '../env.ts';
import { backgroundContext, runtimeOf } from '../runtime.ts';

/** What other Workers reach by a service binding with `entrypoint = "Gate"`: the binding is the permission to ask. */
export class Gate extends WorkerEntrypoint<Env> {
  /** @throws Invalid naming the fields that are wrong */
  async check(input: unknown): Promise<Decision> {
    const request = parseGateRequest(input);
    const { gate, meter } = await runtimeOf(this.env);
    const ctx = await backgroundContext(this.env, this.ctx, 'rpc');
    const decision = await check(ctx, gate, request);
    meter.sendSoon(ctx);
    return decision;
  }
}
