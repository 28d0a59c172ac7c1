import type { ServiceConsent } from '../../api/schema.gen.ts';
import type { ConsentValues } from './consent-fields.tsx';

type Content = Pick<ServiceConsent, 'texts' | 'required' | 'effectiveFrom'>;

/** A draft with each text as a field of its own (`text:de`), so that two people's changes to two texts go together. */
export interface ConsentState {
  required: boolean;
  effectiveFrom: string | null;
  [text: `text:${string}`]: string | null;
}

/** @param was whose texts are said to be gone where they are no more */
export function consentState({ required, effectiveFrom, texts }: Content, was?: Content): ConsentState {
  const gone = Object.keys(was?.texts ?? {}).map((tag) => [`text:${tag}`, null]);
  const there = Object.entries(texts).map(([tag, text]) => [`text:${tag}`, text.trim()]);
  return { required, effectiveFrom, ...Object.fromEntries([...gone, ...there]) };
}

export function textsOf(state: ConsentState): Record<string, string> {
  const texts = Object.entries(state).filter(([field, text]) => field.startsWith('text:') && text !== null);
  return Object.fromEntries(texts.map(([field, text]) => [field.slice('text:'.length), String(text)]));
}

export const valuesOf = (state: ConsentState, code: string): ConsentValues => ({
  code,
  required: state.required,
  effectiveFrom: state.effectiveFrom ?? '',
  texts: textsOf(state),
});

/** The merging PATCH from one state to the other; texts go whole. */
export function changesOf(was: ConsentState, mine: ConsentState): Partial<Content> {
  const [before, after] = [textsOf(was), textsOf(mine)];
  const tags = new Set([...Object.keys(before), ...Object.keys(after)]);
  return {
    ...(mine.required === was.required ? {} : { required: mine.required }),
    ...(mine.effectiveFrom === was.effectiveFrom ? {} : { effectiveFrom: mine.effectiveFrom }),
    ...([...tags].every((tag) => before[tag] === after[tag]) ? {} : { texts: after }),
  };
}
