import type { Field, ListField, ObjectField, Property, Variant } from './field.ts';

/**
 * What a form holds is what will be sent, unfinished: the same JSON, with `undefined` where nothing has been said yet. So a draft can be
 * kept and compared as it is.
 */
export type Draft = unknown;
export type Values = Record<string, Draft>;

/** Why a value cannot be sent; the texts are in `forms.problem`. */
export type Reason = 'required' | 'choose' | 'shape' | 'short' | 'long' | 'small' | 'large' | 'few' | 'many' | 'json';
export interface FieldProblem {
  reason: Reason;
  limit?: number;
}
/** By path: `ids`, `patch.ipWhitelist.2`. */
export type Problems = Record<string, FieldProblem>;

export const valuesOf = (draft: Draft): Values =>
  typeof draft === 'object' && draft !== null && !Array.isArray(draft) ? (draft as Values) : {};

export const variantOf = (field: Extract<Field, { kind: 'variants' }>, draft: Draft): Variant | undefined =>
  field.variants.find(({ name }) => name === valuesOf(draft).type);

/** What a form begins with: defaults, and of variants the first. */
export function initialOf(field: Field): Draft {
  switch (field.kind) {
    case 'fixed':
      return field.value;
    case 'list':
      return [];
    case 'rows':
      return field.min > 0 ? [initialObject(field.of)] : [];
    case 'object':
      return initialObject(field);
    case 'variants':
      return field.variants[0] && initialObject(field.variants[0].of);
    case 'wordOrList':
      return field.word;
    default:
      return undefined;
  }
}

function initialObject({ properties }: ObjectField): Values {
  const given = properties.map((property): [string, Draft] => [property.name, initialProperty(property)]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

const initialProperty = ({ initial, required, field }: Property): Draft =>
  initial !== undefined ? initial : required ? initialOf(field) : undefined;

/** What is sent of a draft: what nobody filled in is left out. `undefined`: nothing of it. */
export function cleanedOf(field: Field, draft: Draft): unknown {
  if (draft === undefined) return undefined;
  switch (field.kind) {
    case 'fixed':
      return field.value;
    case 'rows':
      return Array.isArray(draft) ? draft.map((row) => cleanedOf(field.of, row)) : draft;
    case 'object':
      return cleanedObject(field, valuesOf(draft));
    case 'variants': {
      const variant = variantOf(field, draft);
      return variant ? cleanedObject(variant.of, valuesOf(draft)) : undefined;
    }
    default:
      return draft;
  }
}

function cleanedObject({ properties }: ObjectField, values: Values): Values {
  const sent = properties.map(({ name, field, nullable }): [string, unknown] => {
    const value = values[name];
    if (value === null && nullable) return [name, null];
    return [name, field.kind === 'fixed' ? field.value : cleanedOf(field, value)];
  });
  return Object.fromEntries(sent.filter(([, value]) => value !== undefined));
}

/** Everything that keeps a draft from being sent, by path. */
export function problemsOf(field: Field, draft: Draft, path = ''): Problems {
  if (draft === undefined)
    return { [path]: { reason: field.kind === 'choice' || field.kind === 'boolean' ? 'choose' : 'required' } };
  switch (field.kind) {
    case 'object':
      return objectProblems(field, valuesOf(draft), path);
    case 'variants': {
      const variant = variantOf(field, draft);
      return variant ? objectProblems(variant.of, valuesOf(draft), path) : { [path]: { reason: 'choose' } };
    }
    case 'rows':
    case 'list':
      return listProblems(field, draft, path);
    case 'wordOrList':
      return draft === field.word ? {} : listProblems({ ...field.list, min: Math.max(1, field.list.min) }, draft, path);
    default: {
      const problem = scalarProblem(field, draft);
      return problem ? { [path]: problem } : {};
    }
  }
}

const join = (path: string, name: string | number) => (path === '' ? String(name) : `${path}.${name}`);

function objectProblems({ properties }: ObjectField, values: Values, path: string): Problems {
  const found = properties.map(({ name, field, required, nullable }): Problems => {
    const value = values[name];
    if (field.kind === 'fixed' || (value === null && nullable) || (value === undefined && !required)) return {};
    return problemsOf(field, value, join(path, name));
  });
  return Object.assign({}, ...found);
}

function listProblems(field: ListField | Extract<Field, { kind: 'rows' }>, draft: Draft, path: string): Problems {
  const items = Array.isArray(draft) ? draft : [];
  if (items.length < field.min) return { [path]: { reason: 'few', limit: field.min } };
  if (field.max !== null && items.length > field.max) return { [path]: { reason: 'many', limit: field.max } };
  return Object.assign({}, ...items.map((item, at) => problemsOf(field.of, item, join(path, at))));
}

function textProblem(text: string, { min, max, pattern }: { min: number; max: number | null; pattern: string | null }) {
  if (text === '' && min > 0) return { reason: 'required' } as const;
  if (text.length < min) return { reason: 'short', limit: min } as const;
  if (max !== null && text.length > max) return { reason: 'long', limit: max } as const;
  if (pattern !== null && !new RegExp(pattern).test(text)) return { reason: 'shape' } as const;
  return null;
}

function scalarProblem(field: Field, draft: Draft): FieldProblem | null {
  switch (field.kind) {
    case 'boolean':
      return typeof draft === 'boolean' ? null : { reason: 'choose' };
    case 'choice':
      return field.options.includes(draft as string) ? null : { reason: 'choose' };
    case 'integer':
      if (!Number.isSafeInteger(draft)) return { reason: 'shape' };
      if (field.min !== null && (draft as number) < field.min) return { reason: 'small', limit: field.min };
      return field.max !== null && (draft as number) > field.max ? { reason: 'large', limit: field.max } : null;
    case 'text':
      return typeof draft === 'string' ? textProblem(draft, field) : { reason: 'shape' };
    case 'id':
    case 'instant':
      return typeof draft === 'string'
        ? textProblem(draft, { min: 1, max: null, pattern: field.pattern })
        : { reason: 'shape' };
    default:
      return null;
  }
}
