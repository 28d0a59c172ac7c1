/** A part of a JSON Schema (2020-12), as far as forms can be made of it. */
export interface Schema {
  [keyword: string]: unknown;
}

/** One value of a form. What has no form of its own is `json`: whoever fills it in writes JSON. */
export type Field =
  | { kind: 'fixed'; value: string }
  | { kind: 'boolean' }
  | { kind: 'integer'; min: number | null; max: number | null }
  | { kind: 'text'; min: number; max: number | null; pattern: string | null }
  | { kind: 'id'; pattern: string | null }
  | { kind: 'instant'; pattern: string | null }
  | { kind: 'choice'; options: string[] }
  | ListField
  | { kind: 'rows'; of: ObjectField; min: number; max: number | null }
  | ObjectField
  | { kind: 'variants'; variants: Variant[] }
  /** One word that stands for all of them, or a list. */
  | { kind: 'wordOrList'; word: string; list: ListField }
  | { kind: 'json' };

export interface ListField {
  kind: 'list';
  of: Extract<Field, { kind: 'text' | 'id' | 'choice' }>;
  min: number;
  max: number | null;
}

export interface ObjectField {
  kind: 'object';
  properties: Property[];
}

/** Told apart by the word in `type`. */
export interface Variant {
  name: string;
  of: ObjectField;
}

export interface Property {
  name: string;
  field: Field;
  required: boolean;
  nullable: boolean;
  /** Absent: it has none. */
  initial?: unknown;
}

const JSON_FIELD = { kind: 'json' } as const;
const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const numberOr = <Other>(value: unknown, other: Other) => (typeof value === 'number' ? value : other);
const textOr = <Other>(value: unknown, other: Other) => (typeof value === 'string' ? value : other);
const words = (value: unknown): string[] | null =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string') ? value : null;

/** Keywords that say more than the form would know of: what has one of them is written as JSON. */
const UNKNOWN = ['$ref', 'allOf', 'not', 'if', 'prefixItems', 'contains', 'patternProperties', 'dependentRequired'];

/** What the form asks for, of a schema as `GET /v1/admin/operation-types` gives it. It never throws: at worst it is `json`. */
export function fieldOf(schema: unknown): Field {
  if (!isSchema(schema) || UNKNOWN.some((keyword) => keyword in schema)) return JSON_FIELD;
  if (Array.isArray(schema.oneOf)) return variantsOf(schema.oneOf);
  if (Array.isArray(schema.anyOf)) return wordOrListOf(schema.anyOf);
  if (typeof schema.const === 'string') return { kind: 'fixed', value: schema.const };
  if ('const' in schema) return JSON_FIELD;
  if ('enum' in schema) {
    const options = words(schema.enum);
    return options ? { kind: 'choice', options } : JSON_FIELD;
  }
  switch (schema.type) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'integer':
      return { kind: 'integer', min: numberOr(schema.minimum, null), max: numberOr(schema.maximum, null) };
    case 'string':
      return textOf(schema);
    case 'array':
      return arrayOf(schema);
    case 'object':
      return objectOf(schema);
    default:
      return JSON_FIELD;
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function textOf(schema: Schema): Field {
  const pattern = textOr(schema.pattern, null);
  if (pattern !== null && !isPattern(pattern)) return JSON_FIELD;
  if (schema.format === 'uuid') return { kind: 'id', pattern };
  if (schema.format === 'date-time') return { kind: 'instant', pattern };
  return { kind: 'text', min: numberOr(schema.minLength, 0), max: numberOr(schema.maxLength, null), pattern };
}

function arrayOf(schema: Schema): Field {
  const of = fieldOf(schema.items);
  const min = numberOr(schema.minItems, 0);
  const max = numberOr(schema.maxItems, null);
  if (of.kind === 'object') return { kind: 'rows', of, min, max };
  if (of.kind === 'text' || of.kind === 'id' || of.kind === 'choice') return { kind: 'list', of, min, max };
  return JSON_FIELD;
}

function objectOf(schema: Schema): Field {
  // Names that nobody declared can be anything: that is JSON.
  if (!isSchema(schema.properties) || schema.additionalProperties !== false) return JSON_FIELD;
  const required = new Set(words(schema.required) ?? []);
  const properties = Object.entries(schema.properties).map(([name, of]) => propertyOf(name, of, required.has(name)));
  return { kind: 'object', properties };
}

function propertyOf(name: string, schema: unknown, required: boolean): Property {
  const initial = isSchema(schema) && 'default' in schema ? { initial: schema.default } : {};
  const parts = isSchema(schema) && Array.isArray(schema.anyOf) ? schema.anyOf : [];
  const others = parts.filter((part) => !(isSchema(part) && part.type === 'null'));
  const nullable = others.length < parts.length;
  const field = nullable && others.length === 1 ? fieldOf(others[0]) : nullable ? JSON_FIELD : fieldOf(schema);
  return { name, field, required, nullable: nullable && field.kind !== 'json', ...initial };
}

function variantsOf(parts: unknown[]): Field {
  const variants = parts.map((part): Variant | null => {
    const of = fieldOf(part);
    if (of.kind !== 'object') return null;
    const told = of.properties.find(({ name, required }) => name === 'type' && required)?.field;
    return told?.kind === 'fixed' ? { name: told.value, of } : null;
  });
  const known = variants.filter((each) => each !== null);
  const apart = new Set(known.map(({ name }) => name)).size === parts.length;
  return apart && known.length > 0 ? { kind: 'variants', variants: known } : JSON_FIELD;
}

function wordOrListOf(parts: unknown[]): Field {
  const [first, second] = parts.map(fieldOf);
  if (parts.length !== 2 || first?.kind !== 'fixed' || second?.kind !== 'list') return JSON_FIELD;
  return { kind: 'wordOrList', word: first.value, list: second };
}
