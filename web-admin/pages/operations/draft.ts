import { useSessionStorage } from '@mantine/hooks';
import { useMemo } from 'react';
import type { OperationType } from '../../api/schema.gen.ts';
import { type Field, fieldOf } from '../../components/schema-form/field.ts';
import {
  cleanedOf,
  type Draft,
  initialOf,
  type Problems,
  problemsOf,
  type Values,
  valuesOf,
} from '../../components/schema-form/values.ts';

/** What somebody has filled in so far: kept in this tab, so that a reload or a new sign-in loses nothing. */
export interface AskDraft {
  target: Draft;
  parameters: Draft;
  reason: string;
  /** Of a routine one: whether it begins at once. */
  start: boolean;
}

export interface AskFields {
  target: Field;
  parameters: Field;
}

export function useAskFields(type: OperationType): AskFields {
  return useMemo(() => ({ target: fieldOf(type.target), parameters: fieldOf(type.parameters) }), [type]);
}

/** A part of the draft as the address gives it: `?target={"type":"service","id":"…"}`. */
function given(text: string | undefined, otherwise: Draft): Draft {
  if (text === undefined) return otherwise;
  try {
    return { ...valuesOf(otherwise), ...valuesOf(JSON.parse(text)) };
  } catch {
    return otherwise;
  }
}

const draftKey = (type: string, link: string) => `steward-operation-${type}${link}`;

/** @param link what the address says of target and parameters: a draft of its own */
export function useAskDraft(type: string, fields: AskFields, link: { target?: string; parameters?: string }) {
  const named = link.target === undefined && link.parameters === undefined ? '' : JSON.stringify(link);
  const atFirst: AskDraft = {
    target: given(link.target, initialOf(fields.target)),
    parameters: given(link.parameters, initialOf(fields.parameters)),
    reason: '',
    start: true,
  };
  return useSessionStorage<AskDraft>({
    key: draftKey(type, named),
    defaultValue: atFirst,
    getInitialValueInEffect: false,
  });
}

/** The part of the request that its type's schema speaks of. */
export function askedOf(fields: AskFields, draft: Pick<AskDraft, 'target' | 'parameters'>) {
  return {
    target: (cleanedOf(fields.target, draft.target) ?? {}) as Values,
    parameters: (cleanedOf(fields.parameters, draft.parameters) ?? {}) as Values,
  };
}

export function askProblems(fields: AskFields, draft: Pick<AskDraft, 'target' | 'parameters'>): Problems {
  return {
    ...problemsOf(fields.target, draft.target, 'target'),
    ...problemsOf(fields.parameters, draft.parameters, 'parameters'),
  };
}
