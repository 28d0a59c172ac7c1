import { DurableObject } from 'cloudflare:workers';
import { arrive, enter, goOn, leave, noTurns, type TurnLimits, type Turns, withdraw } from '../domain/exports/turns.ts';

/** Named by its form: what another version stored is not read, and running exports get their places back by going on. */
const KEY = 'turns:1';

/**
 * One object for the whole deployment: the turns of all exports.
 *
 * The list is stored at every call, so an eviction loses nothing. Answers do not wait for that: a crash may lose the last moment.
 * Then a place somebody had left stays taken until its lease ends, or one somebody had taken is given away once more until
 * that one goes on and gets it back or is told to stop.
 */
export class ExportTurns extends DurableObject {
  #turns: Turns | undefined;

  async arrive(exportId: string, adminId: string): Promise<void> {
    this.#change((turns) => arrive(turns, exportId, adminId, Date.now()));
  }

  async enter(exportId: string, adminId: string, limits: TurnLimits, leaseMs: number): Promise<{ granted: boolean }> {
    return { granted: this.#change((turns) => enter(turns, exportId, adminId, limits, leaseMs, Date.now())) };
  }

  async goOn(
    exportId: string,
    adminId: string,
    limits: TurnLimits,
    leaseMs: number,
  ): Promise<{ held: boolean; yield: boolean }> {
    return this.#change((turns) => goOn(turns, exportId, adminId, limits, leaseMs, Date.now()));
  }

  async leave(exportId: string, comesBack: boolean | 'unserved'): Promise<void> {
    this.#change((turns) => leave(turns, exportId, comesBack, Date.now()));
  }

  async withdraw(exportId: string): Promise<void> {
    this.#change((turns) => withdraw(turns, exportId, Date.now()));
  }

  #change<Result>(change: (turns: Turns) => Result): Result {
    this.#turns ??= this.ctx.storage.kv.get<Turns>(KEY) ?? noTurns();
    const result = change(this.#turns);
    void this.ctx.storage.put(KEY, this.#turns, { allowUnconfirmed: true });
    return result;
  }
}
