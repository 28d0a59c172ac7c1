import { ClickHouseError } from './errors.ts';

/** Lets `running` tasks run at once and `waiting` more wait; refuses the rest as ClickHouse does. */
export class Slots {
  readonly #running: number;
  readonly #waiting: number;
  readonly #queue = new Set<() => void>();
  #taken = 0;

  constructor(running: number, waiting: number) {
    this.#running = running;
    this.#waiting = waiting;
  }

  /** Resolves to the function that gives the slot back. Rejects when the caller leaves before its turn. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#taken >= this.#running) await this.#turn(signal);
    else this.#taken += 1;
    let held = true;
    return () => {
      if (held) this.#pass();
      held = false;
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#queue.size >= this.#waiting) {
      const why = `Too many simultaneous queries. Running: ${this.#running}, waiting: ${this.#waiting}.`;
      throw new ClickHouseError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', why);
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#queue.delete(go);
        reject(new ClickHouseError(394, 'QUERY_WAS_CANCELLED', 'The client went away before its turn.'));
      };
      this.#queue.add(go);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** A slot goes straight to the next in line, so that a newcomer cannot overtake. */
  #pass(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}
