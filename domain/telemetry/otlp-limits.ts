import { DomainError, Malformed } from '../errors.ts';

// An isolate has 128 MB for everything it does at once: these bound what one request can take of it.
export const MAX_COMPRESSED_BYTES = 1024 * 1024;
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Of attributes, nested ones, bodies and records together, in one request. */
export const MAX_VALUES = 100_000;
/** A value in a value; OTLP itself has no bound. */
export const MAX_DEPTH = 32;
/** Events of one request; a Collector's batches have up to 8,192. What comes after them is refused, the others are kept. */
export const MAX_EVENTS = 8_192;
/** Of one log record, span or span event, as the SDKs have it by default. A record with more is refused, the others are kept. */
export const MAX_ATTRIBUTES = 128;
/** Of one span, as the SDKs have it by default. What comes after them is counted as dropped. */
export const MAX_LINKS = 128;

/** What one request may still hold. */
export interface Budget {
  values: number;
}

export const newBudget = (): Budget => ({ values: MAX_VALUES });

/** @throws DomainError body_too_large */
export function spend(budget: Budget): void {
  if (--budget.values < 0)
    throw new DomainError('body_too_large', `A request may have ${MAX_VALUES} values; send smaller batches.`);
}

/** @throws Malformed */
export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new Malformed(`A value nests deeper than ${MAX_DEPTH} levels.`);
}

/** @throws Malformed for a text that no store of ours takes */
export function checkText(text: string): string {
  if (text.includes('\0')) throw new Malformed('Texts may not hold NUL.');
  if (!text.isWellFormed()) throw new Malformed('Texts may not hold half a surrogate pair.');
  return text;
}

/** A double as a plain value; JSON has none for these three. */
export const plainDouble = (value: number): number | string => {
  if (!Number.isFinite(value)) return String(value);
  return value === 0 ? 0 : value;
};

/** An int64 as a plain value. */
export const plainInt = (value: bigint): number | string => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
};

/** The id, or '' when it has another length or only zeros: then there is none. */
export const validId = (hex: string, digits: 16 | 32): string =>
  hex.length === digits && /[^0]/.test(hex) ? hex.toLowerCase() : '';
