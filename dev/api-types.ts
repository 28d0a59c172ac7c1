/**
 * `npm run generate:api [-- URL]`: writes what web-admin/ knows of the API, out of the reference of a Steward that runs (`npm start`).
 * A test compares the files with what the reference says now.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';

const FOLDER = join(import.meta.dirname, '..', 'web-admin', 'api');
const METHODS = ['get', 'post', 'patch', 'put', 'delete'];
const HEADERS_OF_THE_CLIENT = ['idempotency-key', 'if-match', 'audit-reason'];

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: JSONSchema;
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: JSONSchema }> };
  responses: Record<string, { content?: Record<string, { schema?: JSONSchema }> }>;
  'x-permissions'?: string[];
  'x-everywhere'?: boolean;
}
export interface Reference {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JSONSchema> };
}

const object = (properties: Record<string, JSONSchema>, required = Object.keys(properties)): JSONSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

/** JSON Schema closes nothing by itself, and a type with `[k: string]: unknown` accepts every misspelling. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) =>
    key === '$ref' ? [key, String(value).replace('#/components/schemas/', '#/definitions/')] : [key, closed(value)],
  );
  const own = Object.fromEntries(entries) as Record<string, unknown>;
  return own.type === 'object' && own.properties && own.additionalProperties === undefined
    ? { ...own, additionalProperties: false }
    : own;
}

function parametersIn(operation: Operation, place: string): JSONSchema {
  const own = (operation.parameters ?? []).filter(
    (each) => each.in === place && !HEADERS_OF_THE_CLIENT.includes(each.name),
  );
  return object(
    Object.fromEntries(own.map((each) => [each.name, each.schema ?? {}])),
    own.filter((each) => each.required).map((each) => each.name),
  );
}

const jsonOf = (content: Record<string, { schema?: JSONSchema }> | undefined) => content?.['application/json']?.schema;

function shapeOf(operation: Operation): JSONSchema {
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  const answer = answers.map(([, { content }]) => jsonOf(content)).find(Boolean);
  const body = jsonOf(operation.requestBody?.content);
  return object({
    path: parametersIn(operation, 'path'),
    query: parametersIn(operation, 'query'),
    ...(body ? { body } : {}),
    answer: answer ?? { type: 'null' },
  });
}

/** What the two files hold. */
export async function apiFiles({ paths, components }: Reference): Promise<Record<string, string>> {
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method];
      return operation ? [{ name: `${method.toUpperCase()} ${path}`, operation }] : [];
    }),
  );
  const schema = closed({
    ...object(Object.fromEntries(routes.map(({ name, operation }) => [name, shapeOf(operation)]))),
    definitions: components.schemas,
  }) as JSONSchema;
  const banner = '// Made by `npm run generate:api` from /v1/openapi.json.';
  const types = await compile(schema, 'Api', {
    bannerComment: banner,
    additionalProperties: false,
    unreachableDefinitions: true,
    // Otherwise a list of at most 20 is a union of 20 tuples.
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 120 },
  });
  const needs = routes.map(({ name, operation }) => {
    const permissions = operation['x-permissions'] ?? [];
    return `  ${JSON.stringify(name)}: ${JSON.stringify(operation['x-everywhere'] ? ['everywhere', ...permissions] : permissions)},`;
  });
  const needed = `${banner}\n/** The permissions a route asks for; after 'everywhere', grants for one service do not count. */\nexport const NEEDS = {\n${needs.join('\n')}\n} as const;\n`;
  return { 'schema.gen.ts': types, 'needs.gen.ts': needed };
}

/** Those of a reference, where they belong. */
export async function writeApiFiles(reference: Reference, folder = FOLDER): Promise<void> {
  for (const [name, text] of Object.entries(await apiFiles(reference))) await writeFile(join(folder, name), text);
}

if (process.argv[1] === import.meta.filename) {
  const url = new URL('/v1/openapi.json', process.argv[2] ?? 'http://127.0.0.1:3001');
  await writeApiFiles((await (await fetch(url)).json()) as Reference);
}
