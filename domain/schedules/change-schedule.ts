import type * as z from 'zod';
import { DomainError, Invalid } from '../errors.ts';

const MOST_TRIES = 3;

/**
 * Reads a schedule and replaces what was read: what comes of a change must be right as a whole, which needs all of it.
 * @throws DomainError stale_version when If-Match names other versions, or others change it again and again
 */
export async function changeAsRead<Item extends { version: number }, View>(
  ifMatch: readonly number[] | null,
  read: () => Promise<Item>,
  replace: (current: Item, ifMatch: readonly number[]) => Promise<View>,
): Promise<View> {
  for (let tries = 1; ; tries++) {
    const current = await read();
    const matched = [current.version].filter((version) => ifMatch?.includes(version) ?? true);
    try {
      return await replace(current, matched);
    } catch (error) {
      // Without an If-Match whoever is later wins, also when somebody comes between reading and writing.
      const isOvertaken = error instanceof DomainError && error.code === 'stale_version' && ifMatch === null;
      if (!isOvertaken || tries >= MOST_TRIES) throw error;
    }
  }
}

/** Checks what comes of a change as if it were a new schedule. @throws Invalid */
export function asWhole<Whole>(schema: z.ZodType<Whole>, values: unknown): Whole {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), reason: message }));
  throw new Invalid(errors.map(({ field, reason }) => `${field}: ${reason}`).join('; '), errors);
}

interface Given {
  enabled?: boolean | undefined;
}

export const onlySwitchesOff = (given: Given): boolean => given.enabled === false && Object.keys(given).length === 1;

/** A schedule runs as its owner, so that nothing else of it is another one's to change. @throws Invalid */
export function assertOnlySwitchesOff(given: Given): void {
  if (onlySwitchesOff(given)) return;
  const reason = 'must be false and alone: a schedule of somebody else can be switched off or deleted, nothing more';
  throw new Invalid(`enabled: ${reason}`, [{ field: 'enabled', reason }]);
}
