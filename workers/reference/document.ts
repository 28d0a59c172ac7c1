/** As much of OpenAPI 3.1 as the reference page shows. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: Schema | boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
}

type Content = Record<string, { schema?: Schema }>;

interface Described {
  summary?: string;
  description?: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema; description?: string }[];
  requestBody?: { content?: Content };
  responses: Record<string, { description: string; content?: Content }>;
  'x-permissions'?: readonly string[];
}

export interface Operation extends Described {
  method: string;
  path: string;
}

export interface ApiDocument {
  paths?: Record<string, Record<string, Described>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Field {
  name: string;
  type: string;
  required: boolean;
  about: string;
}

export const operationsOf = ({ paths = {} }: ApiDocument): Operation[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ ...operation, method, path })),
  );

function resolve(document: ApiDocument, schema: Schema | undefined): Schema {
  const name = schema?.$ref?.split('/').at(-1);
  return (name === undefined ? schema : document.components?.schemas?.[name]) ?? {};
}

/** The properties of an object schema, or of the items of a page; empty for anything else. */
export function fieldsOf(document: ApiDocument, schema: Schema | undefined): Field[] {
  const { properties = {}, required = [] } = resolve(document, schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: typeOf(document, property),
    required: required.includes(name),
    about: aboutOf(resolve(document, property)),
  }));
}

const MAX_DEPTH = 3;

/** A type as a person would write it: `string | null`, `{ code: string }[]`. */
export function typeOf(document: ApiDocument, schema: Schema, depth = 0): string {
  const resolved = resolve(document, schema);
  const { type, format, items, properties, additionalProperties } = resolved;
  if (resolved.const !== undefined) return JSON.stringify(resolved.const);
  if (resolved.enum) return resolved.enum.map((value) => JSON.stringify(value)).join(' | ');
  const variants = resolved.anyOf ?? resolved.oneOf;
  if (variants) return variants.map((variant) => typeOf(document, variant, depth)).join(' | ');
  if (type === 'null') return type;
  if (Array.isArray(type)) return type.map((one) => typeOf(document, { ...resolved, type: one }, depth)).join(' | ');
  if (type === 'array' && items) {
    const of = typeOf(document, items, depth);
    return of.includes(' | ') ? `(${of})[]` : `${of}[]`;
  }
  if (properties) {
    if (depth >= MAX_DEPTH) return '{ … }';
    const inner = Object.entries(properties).map(([name, one]) => `${name}: ${typeOf(document, one, depth + 1)}`);
    return `{ ${inner.join('; ')} }`;
  }
  if (typeof additionalProperties === 'object')
    return `{ [name]: ${typeOf(document, additionalProperties, depth + 1)} }`;
  return format ? `${type} (${format})` : (type ?? 'any');
}

function aboutOf(schema: Schema): string {
  const { description, default: fallback, minimum, maximum, minLength, maxLength, maxItems } = schema;
  const bound = (value: number | undefined, text: string, unit = '') =>
    value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? [] : [`${text} ${value}${unit}`];
  return [
    ...(description ? [description] : []),
    ...(fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`]),
    ...bound(minimum, 'at least'),
    ...bound(maximum, 'at most'),
    ...(minLength !== undefined && minLength > 1 ? bound(minLength, 'at least', ' characters') : []),
    ...bound(maxLength, 'at most', ' characters'),
    ...bound(maxItems, 'at most', ' items'),
  ].join('; ');
}
