import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantLease, type Lease, releaseLease, renewLease } from './lease.ts';

fc.configureGlobal({ seed: 20_261_121, numRuns: 1000 });

/** One holder's own belief: it may act until `until`, by the last answer it got, unless it released. */
interface Grant {
  token: number;
  until: number;
  released: boolean;
}

type Step =
  | { kind: 'wait'; ms: number }
  | { kind: 'acquire'; leaseMs: number }
  | { kind: 'renew' | 'release'; which: number; leaseMs: number };

const leaseMs = fc.integer({ min: 1, max: 100 });
const which = fc.nat({ max: 2 });
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 0, max: 80 }) }),
    fc.record({ kind: fc.constant('acquire'), leaseMs }),
    fc.record({ kind: fc.constantFrom('renew', 'release'), which, leaseMs }),
  ),
  { minLength: 20, maxLength: 60 },
);

/** The lock as its holders see it: everybody they were told holds it, checked at every step. */
class World {
  now = 1_000_000;
  stored: Lease | undefined;
  grants: Grant[] = [];
  counts = { granted: 0, refused: 0, renewed: 0, stale: 0 };

  live = (grant: Grant) => !grant.released && this.now < grant.until;

  run(step: Step): void {
    if (step.kind === 'wait') this.now += step.ms;
    else if (step.kind === 'acquire') this.acquire(step.leaseMs);
    else {
      // 0 is the newest holder, 1 the one before it: both the rightful and the stale ones try.
      const grant = this.grants.at(-1 - step.which);
      if (grant) this[step.kind](grant, step.leaseMs);
    }
    expect(this.grants.filter(this.live).length).toBeLessThanOrEqual(1);
  }

  acquire(ms: number): void {
    const held = this.grants.some(this.live);
    const { lease, granted } = grantLease(this.stored, `holder-${this.grants.length}`, ms, this.now);
    expect(granted).toBe(!held);
    this.counts[granted ? 'granted' : 'refused']++;
    if (!granted) {
      expect(lease).toEqual(this.stored);
      return;
    }
    expect(lease.token).toBeGreaterThan(this.grants.at(-1)?.token ?? 0);
    expect(lease).toMatchObject({ holder: `holder-${this.grants.length}`, expiresAt: this.now + ms });
    this.stored = lease;
    this.grants.push({ token: lease.token, until: lease.expiresAt, released: false });
  }

  renew(grant: Grant, ms: number): void {
    const rightful = grant === this.grants.at(-1) && !grant.released;
    const lease = renewLease(this.stored, grant.token, ms, this.now);
    expect(lease !== null).toBe(rightful);
    this.counts[rightful ? 'renewed' : 'stale']++;
    if (!lease) return;
    expect(lease.token).toBe(grant.token);
    this.stored = lease;
    grant.until = this.now + ms;
  }

  release(grant: Grant): void {
    const lease = releaseLease(this.stored, grant.token);
    expect(lease !== null).toBe(grant === this.grants.at(-1));
    if (!lease) return;
    expect(lease.token).toBe(grant.token);
    this.stored = lease;
    grant.released = true;
  }
}

describe('lease', () => {
  it('never has two live holders, never repeats a token and never listens to a stale one', () => {
    const totals = { granted: 0, refused: 0, renewed: 0, stale: 0 };
    fc.assert(
      fc.property(steps, (sequence) => {
        const world = new World();
        for (const step of sequence) world.run(step);
        for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += world.counts[key];
      }),
    );
    console.log(`lease: ${JSON.stringify(totals)}`);
    for (const count of Object.values(totals)) expect(count).toBeGreaterThan(100);
  });

  it('ends exactly at its time: one millisecond earlier it is held, then it is free', () => {
    const { lease } = grantLease(undefined, 'a', 50, 1000);
    expect(grantLease(lease, 'b', 50, 1049).granted).toBe(false);
    expect(grantLease(lease, 'b', 50, 1050)).toEqual({
      lease: { token: lease.token + 1, holder: 'b', expiresAt: 1100 },
      granted: true,
    });
  });

  it('lets a late holder go on as long as nobody took over', () => {
    const { lease } = grantLease(undefined, 'a', 50, 1000);
    expect(renewLease(lease, lease.token, 50, 5000)).toEqual({ ...lease, expiresAt: 5050 });
  });

  it('cannot be renewed after its release, and a guessed token renews or releases nothing', () => {
    const { lease } = grantLease(undefined, 'a', 50, 1000);
    const released = releaseLease(lease, lease.token);
    expect(released).not.toBeNull();
    expect(renewLease(released ?? undefined, lease.token, 50, 1010)).toBeNull();
    expect(renewLease(lease, lease.token + 1, 50, 1010)).toBeNull();
    expect(releaseLease(lease, lease.token + 1)).toBeNull();
    expect(renewLease(undefined, 1, 50, 1010)).toBeNull();
    expect(releaseLease(undefined, 1)).toBeNull();
  });
});
