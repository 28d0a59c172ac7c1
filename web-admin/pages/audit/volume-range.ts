import { rangeText } from './query/instants.ts';
import { parseTerms, printTerms } from './query/terms.ts';

export interface Bucket {
  start: string;
  count: number;
  outcomes: { success: number; denied: number; failure: number };
}

export interface Chart {
  range: { from: string; to: string };
  bucketSeconds: number;
  total: number;
  buckets: Bucket[];
}

/** Of buckets, by their place; both are in it. */
export interface Selection {
  first: number;
  last: number;
}

/** The bucket under a place from 0 (left) to 1 (right). */
export const bucketAt = (share: number, count: number): number =>
  Math.max(0, Math.min(count - 1, Math.floor(share * count)));

export const selectionOf = (a: number, b: number): Selection => ({ first: Math.min(a, b), last: Math.max(a, b) });

/** The time that buckets take, within the range that was asked for: the first and the last of them may reach beyond it. */
export function timeOf(
  { buckets, bucketSeconds, range }: Chart,
  { first, last }: Selection,
): { from: number; to: number } {
  const [begin, end] = [Date.parse(range.from), Date.parse(range.to)];
  const startOf = (index: number) => Date.parse(buckets[index]?.start ?? range.from);
  return {
    from: Math.max(begin, startOf(first)),
    to: Math.min(end, startOf(last) + bucketSeconds * 1000 - 1),
  };
}

/** The query with this range instead of any other; '' takes every range away. */
export function withCreated(text: string, created: string): string {
  const kept = parseTerms(text).filter(({ name }) => name !== 'created');
  return printTerms(created === '' ? kept : [...kept, { name: 'created', value: created, negated: false }]);
}

export const withRange = (text: string, range: { from: number; to: number | null }): string =>
  withCreated(text, rangeText(range));

/** What stands after `created:`, when there is one such term. */
export function createdOf(text: string): string | null {
  const [only, another] = parseTerms(text).filter(({ name }) => name === 'created');
  if (another) return null;
  return only?.value ?? '';
}
