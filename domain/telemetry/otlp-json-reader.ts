import { DomainError, Malformed } from '../errors.ts';
import {
  type Budget,
  checkDepth,
  checkText,
  MAX_DEPTH,
  MAX_VALUES,
  plainDouble,
  plainInt,
  spend,
  validId,
} from './otlp-limits.ts';
import { type Attributes, type PlainValue, setAttribute } from './otlp-model.ts';

export type Json = Record<string, unknown>;

/** A value in a value is four levels of JSON at most (`{"key":…,"value":{"kvlistValue":{"values":[…]}}}`); twenty lead to the first. */
const MAX_JSON_DEPTH = 4 * MAX_DEPTH + 20;
/** An attribute has five: two objects, and a comma in and behind them. */
const MAX_JSON_PARTS = 5 * MAX_VALUES;

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [34, 92, 44, 91, 93, 123, 125];

/**
 * Counts before anything is built: parsed, `{}` is twenty times as large as its text.
 * @throws Malformed for what is too deep, DomainError body_too_large for what has too many parts
 */
function measure(text: string): void {
  let [depth, parts] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === OPEN || code === OPEN_LIST) {
      if (++depth > MAX_JSON_DEPTH) throw new Malformed(`The body nests deeper than ${MAX_JSON_DEPTH} levels.`);
      parts++;
    } else if (code === CLOSE || code === CLOSE_LIST) depth--;
    else if (code === COMMA) parts++;
  }
  if (parts > MAX_JSON_PARTS)
    throw new DomainError('body_too_large', 'The body has too many values; send smaller batches.');
}

function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

/** @throws Malformed, DomainError body_too_large */
export function parseJson(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Malformed('The body is not UTF-8.');
  }
  measure(text);
  try {
    return object(JSON.parse(text), 'the body');
  } catch (error) {
    if (error instanceof Malformed) throw error;
    throw new Malformed('The body is not JSON.');
  }
}

const wrong = (name: string, what: string) => new Malformed(`${name} must be ${what}.`);
const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

/** What follows reads one field: null and an absent one are its default, another type is malformed. */
export function object(value: unknown, name: string): Json {
  if (isAbsent(value)) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(name, 'an object');
  return value as Json;
}

export function list(value: unknown, name: string): unknown[] {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) throw wrong(name, 'a list');
  return value;
}

export function text(value: unknown, name: string): string {
  if (isAbsent(value)) return '';
  if (typeof value !== 'string') throw wrong(name, 'text');
  return checkText(value);
}

/** An enum, int32 or uint32: enum names are no part of OTLP/JSON. */
export function whole(value: unknown, name: string): number {
  if (isAbsent(value)) return 0;
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  const fits = Number.isInteger(number) && (number as number) >= 0 && (number as number) <= 0xffff_ffff;
  if (!fits) throw wrong(name, 'a whole number');
  return number as number;
}

/** Nanoseconds; as a number they are not exact, which does not matter to a millisecond. */
export function time(value: unknown, name: string): bigint {
  if (isAbsent(value)) return 0n;
  const isNumber = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  const isDigits = typeof value === 'string' && /^\d{1,20}$/.test(value);
  const nanoseconds = isNumber || isDigits ? BigInt(value) : -1n;
  if (nanoseconds < 0n || nanoseconds > 0xffff_ffff_ffff_ffffn) throw wrong(name, 'nanoseconds since 1970');
  return nanoseconds;
}

/** '' for what is no id. */
export function id(value: unknown, name: string, digits: 16 | 32): string {
  const hex = text(value, name);
  return /^[\da-f]*$/i.test(hex) ? validId(hex, digits) : '';
}

export function readAttributes(value: unknown, budget: Budget, depth = 0): Attributes {
  const attributes: Attributes = {};
  for (const item of list(value, 'attributes')) {
    const pair = object(item, 'an attribute');
    spend(budget);
    const plain = isAbsent(pair.value) ? null : readValue(pair.value, budget, depth);
    setAttribute(attributes, text(pair.key, "an attribute's key"), plain);
  }
  return attributes;
}

/** AnyValue. @param depth how many values it is in */
export function readValue(value: unknown, budget: Budget, depth = 0): PlainValue {
  checkDepth(depth);
  spend(budget);
  const any = object(value, 'a value');
  if (!isAbsent(any.stringValue)) return text(any.stringValue, 'stringValue');
  if (!isAbsent(any.boolValue)) return bool(any.boolValue);
  if (!isAbsent(any.intValue)) return int64(any.intValue);
  if (!isAbsent(any.doubleValue)) return double(any.doubleValue);
  if (!isAbsent(any.arrayValue)) {
    const { values } = object(any.arrayValue, 'arrayValue');
    return list(values, 'values').map((item) => readValue(item, budget, depth + 1));
  }
  if (!isAbsent(any.kvlistValue))
    return readAttributes(object(any.kvlistValue, 'kvlistValue').values, budget, depth + 1);
  return isAbsent(any.bytesValue) ? null : base64(any.bytesValue);
}

function bool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrong('boolValue', 'true or false');
  return value;
}

function int64(value: unknown): number | string {
  const isSafe = typeof value === 'number' && Number.isSafeInteger(value);
  const isDigits = typeof value === 'string' && /^-?\d{1,19}$/.test(value);
  if (!isSafe && !isDigits) throw wrong('intValue', 'a whole number, as text when it is beyond 2^53');
  const number = BigInt(value as number | string);
  if (BigInt.asIntN(64, number) !== number) throw wrong('intValue', 'within 64 bits');
  return plainInt(number);
}

/** `"NaN"`, `"Infinity"` and `"-Infinity"` are how JSON writes these three; 1e400 is nothing. */
function double(value: unknown): number | string {
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value;
  const isNumeric = typeof value === 'string' && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value);
  const number = isNumeric ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw wrong('doubleValue', 'a number that can be kept');
  return plainDouble(number);
}

/** Either alphabet, with or without padding. */
function base64(value: unknown): string {
  try {
    const standard = text(value, 'bytesValue').replaceAll('-', '+').replaceAll('_', '/');
    return Uint8Array.fromBase64(standard).toBase64();
  } catch {
    throw wrong('bytesValue', 'base64');
  }
}
