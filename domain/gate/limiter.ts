import { answerOf, type Permits, type RateLimitAnswer, type RateLimitPolicy } from '../access/rate-limit.ts';
import type { Budget } from './schema.ts';

/** Where budgets are counted, and what keeps a call alive when the request that made it is cancelled. */
export interface Counting {
  takeMany(budget: Budget, n: number): Promise<Permits>;
  later(work: Promise<unknown>): void;
}

/** A check that waits for a permit. The first outcome counts. */
interface Waiting {
  settle(outcome: Outcome): void;
  settled: boolean;
  /** When it came or was last asked for; milliseconds since the epoch. */
  since: number;
  flight: Flight;
}

/** Its answer, or that it is to make the next call, for those behind it too. */
type Outcome = { answer: RateLimitAnswer } | { failed: unknown } | { lead: Lead };

/** One call under way for a key. */
interface Flight {
  /** Asked for by it, besides the one that made it. */
  asking: Waiting[];
  /** Came since. */
  next: Waiting[];
}

interface Lead {
  name: string;
  flight: Flight;
  behind: Waiting[];
}

interface UsedUp {
  policy: RateLimitPolicy;
  /** Milliseconds since the epoch, of this isolate. */
  until: number;
}

const MAX_USED_UP = 10_000;
/** A call that takes longer may have gone down with the request that made it: one of those who wait makes another one. */
const WAIT_MS = 2000;

const samePolicy = (a: RateLimitPolicy, b: RateLimitPolicy) =>
  a.limit === b.limit && a.windowSeconds === b.windowSeconds;

/**
 * Takes permits for the checks of one isolate, exactly as if each made a call of its own.
 *
 * While a call for a key is under way, further checks of that key wait, and one of them then asks for all of them at once: each
 * permit belongs to a check that waits for it. A budget that is used up is not asked for again before its window ends. A permit
 * may be lost when a request is killed in the middle; none is ever made up.
 */
export class Limiter {
  #flights = new Map<string, Flight>();
  #usedUp = new Map<string, UsedUp>();
  #now: () => number;
  #waitMs: number;

  constructor(now: () => number, waitMs = WAIT_MS) {
    this.#now = now;
    this.#waitMs = waitMs;
  }

  /** @throws what `takeMany` throws */
  async take(counting: Counting, budget: Budget): Promise<RateLimitAnswer> {
    const refused = this.#refusal(budget);
    if (refused) return refused;
    // A changed policy starts a flight of its own.
    const name = `${budget.policy.limit};${budget.policy.windowSeconds};${budget.key}`;
    const flight = this.#flights.get(name);
    if (!flight) return this.#lead(counting, budget, { name, flight: this.#start(name), behind: [] });
    const outcome = await this.#wait(name, flight);
    if ('answer' in outcome) return outcome.answer;
    if ('failed' in outcome) throw outcome.failed;
    return this.#lead(counting, budget, outcome.lead);
  }

  #start(name: string): Flight {
    const flight = { asking: [], next: [] };
    this.#flights.set(name, flight);
    return flight;
  }

  #refusal({ key, policy }: Budget): RateLimitAnswer | null {
    const usedUp = this.#usedUp.get(key);
    if (!usedUp || !samePolicy(usedUp.policy, policy)) return null;
    const endsInMs = usedUp.until - this.#now();
    return endsInMs > 0 ? answerOf({ granted: 0, remaining: 0, endsInMs }) : null;
  }

  #wait(name: string, flight: Flight): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const waiting: Waiting = {
      settled: false,
      since: this.#now(),
      flight,
      settle: (outcome) => {
        waiting.settled = true;
        resolve(outcome);
      },
    };
    flight.next.push(waiting);
    const look = () => {
      const left = waiting.since + this.#waitMs - this.#now();
      // At once, before the next timer of the same instant.
      if (left <= 0) return waiting.settle({ lead: this.#takeOver(name, waiting) });
      timer = setTimeout(look, left);
    };
    let timer = setTimeout(look, this.#waitMs);
    return promise.finally(() => clearTimeout(timer));
  }

  /** Everybody who waits behind a call that does not end; what it brings after all still counts for whoever has nothing yet. */
  #takeOver(name: string, waiting: Waiting): Lead {
    const { flight } = waiting;
    const behind = [...flight.asking, ...flight.next].filter((each) => each !== waiting && !each.settled);
    flight.asking = [];
    flight.next = [];
    const fresh = this.#flights.get(name) === flight ? this.#start(name) : { asking: [], next: [] };
    for (const each of behind) Object.assign(each, { since: this.#now(), flight: fresh });
    fresh.asking = behind;
    return { name, flight: fresh, behind };
  }

  /** One call for this check and those behind it. */
  async #lead(counting: Counting, budget: Budget, call: Lead): Promise<RateLimitAnswer> {
    const asking = this.#ask(counting, budget, call);
    // Others wait for it: it goes on when this request's own client is gone.
    counting.later(asking.catch(() => undefined));
    return asking;
  }

  async #ask(counting: Counting, budget: Budget, { name, flight, behind }: Lead): Promise<RateLimitAnswer> {
    const others = behind.filter(({ settled }) => !settled);
    flight.asking = others;
    const askedAt = this.#now();
    for (const other of others) other.since = askedAt;
    try {
      const permits = await counting.takeMany(budget, 1 + others.length);
      if (permits.remaining === 0) this.#remember(budget, askedAt + permits.endsInMs);
      // Who went to ask for itself in the meantime leaves its permit to those who did not.
      for (const [i, other] of others.filter(({ settled }) => !settled).entries())
        other.settle({ answer: shareOf(permits, i + 1) });
      return shareOf(permits, 0);
    } catch (error) {
      for (const other of others) other.settle({ failed: error });
      throw error;
    } finally {
      this.#handOver(name, flight);
    }
  }

  #handOver(name: string, flight: Flight): void {
    const [first, ...rest] = flight.next.filter(({ settled }) => !settled);
    flight.asking = rest;
    flight.next = [];
    if (first) first.settle({ lead: { name, flight, behind: rest } });
    else if (this.#flights.get(name) === flight) this.#flights.delete(name);
  }

  #remember({ key, policy }: Budget, until: number): void {
    // Oldest first: a Map keeps the order of insertion.
    this.#usedUp.delete(key);
    if (this.#usedUp.size >= MAX_USED_UP) this.#usedUp.delete(this.#usedUp.keys().next().value as string);
    this.#usedUp.set(key, { policy, until });
  }
}

/** What the `i`th of those who asked together is told: the first ones got the permits. */
function shareOf({ granted, remaining, endsInMs }: Permits, i: number): RateLimitAnswer {
  const got = i < granted;
  return answerOf({ granted: got ? 1 : 0, remaining: got ? remaining + granted - 1 - i : remaining, endsInMs });
}
