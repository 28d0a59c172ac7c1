import { DomainError, NotFound } from '../errors.ts';

/** What each guard's refusal is answered with, by the code its statement gives, from the number that came with it. */
export type Refusals = Readonly<Record<string, (detail: number) => DomainError>>;

const COMMON: Refusals = {
  absent: () => new NotFound(),
  stale: () => new DomainError('stale_version', 'It has changed since the version in If-Match; read it again first.'),
  busy: () => new DomainError('conflict', 'A request with this Idempotency-Key is still running; try again.'),
};

/** @throws the refusal that `outcome` stands for */
export function refuse(outcome: string, refusals: Refusals, detail?: number | null): never {
  const refusal = refusals[outcome] ?? COMMON[outcome];
  if (!refusal) throw new Error(`a statement gave an outcome nobody expects: ${outcome}`);
  throw refusal(detail ?? 0);
}

/** Runs a mutation; a unique constraint that refuses it becomes a conflict that says what is taken. */
export async function notTaken<T>(work: Promise<T>, taken: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown }).code !== '23505') throw error;
    throw new DomainError('conflict', taken, { cause: error });
  }
}
