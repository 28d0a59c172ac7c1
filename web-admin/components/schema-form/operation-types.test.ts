import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listTypes } from '../../../domain/operations/list-types.ts';
import { OPERATION_TYPES } from '../../../domain/operations/types/index.ts';
import { type Field, fieldOf, type ObjectField, type Property } from './field.ts';
import { cleanedOf, initialOf, problemsOf, type Values } from './values.ts';

const RUNS = { numRuns: 60 };
const instant = fc
  .date({ min: new Date('2001-01-01T00:00:00Z'), max: new Date('2099-12-31T00:00:00Z'), noInvalidDate: true })
  .map((at) => at.toISOString());

/** Valid values of a field, as somebody may fill it in. */
function someOf(field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'fixed':
      return fc.constant(field.value);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: field.min ?? -1000, max: field.max ?? 1000 });
    case 'id':
      return fc.uuid();
    case 'instant':
      return instant;
    case 'choice':
      return fc.constantFrom(...field.options);
    case 'text':
      return fc.string({
        minLength: field.min,
        maxLength: Math.min(30, field.max ?? 30),
        unit: fc.constantFrom(...'abcxyz09- '),
      });
    case 'list':
      return fc.uniqueArray(someOf(field.of), { minLength: field.min, maxLength: Math.min(5, field.max ?? 5) });
    case 'rows':
      return fc.array(someOf(field.of), { minLength: field.min, maxLength: 4 });
    case 'object':
      return objectValue(field);
    case 'variants':
      return fc.oneof(...field.variants.map(({ of }) => objectValue(of)));
    case 'wordOrList':
      return fc.oneof(fc.constant(field.word), someOf({ ...field.list, min: 1 }));
    case 'json':
      return fc.jsonValue();
  }
}

function objectValue({ properties }: ObjectField): fc.Arbitrary<Values> {
  const part = ({ field, nullable }: Property) =>
    nullable ? fc.oneof(fc.constant(null), someOf(field)) : someOf(field);
  const required = properties.filter((each) => each.required).map(({ name }) => name);
  return fc.record(Object.fromEntries(properties.map((each) => [each.name, part(each)])), {
    requiredKeys: required,
  }) as fc.Arbitrary<Values>;
}

/** What is inside of it, itself included. */
const kindsIn = (field: Field): string[] =>
  field.kind === 'object'
    ? field.properties.flatMap((property) => kindsIn(property.field))
    : field.kind === 'variants'
      ? field.variants.flatMap(({ of }) => kindsIn(of))
      : field.kind === 'rows'
        ? kindsIn(field.of)
        : [field.kind];

/** Rules between fields, which no schema can say; random values may break them, a form shows the server's answer. */
const isOfShape = (issues: readonly { code: string }[]) => issues.filter(({ code }) => code !== 'custom');

describe.each(listTypes())('the form of $type', ({ type, target, parameters }) => {
  const parts = [
    ['target', fieldOf(target), OPERATION_TYPES[type].target],
    ['parameters', fieldOf(parameters), OPERATION_TYPES[type].parameters],
  ] as const;

  it('has a control for everything the type takes', () => {
    for (const [, field] of parts) expect(kindsIn(field)).not.toContain('json');
  });

  it('sends what was filled in, and the server reads the same', () => {
    for (const [name, field, schema] of parts)
      fc.assert(
        fc.property(someOf(field), (value) => {
          expect(problemsOf(field, value, name)).toEqual({});
          const sent = cleanedOf(field, value);
          expect(sent).toEqual(value);
          // A draft is kept as JSON between two looks at the page.
          expect(cleanedOf(field, JSON.parse(JSON.stringify(value)))).toEqual(sent);
          expect(isOfShape(schema.safeParse(sent).error?.issues ?? [])).toEqual([]);
        }),
        RUNS,
      );
  });

  it('begins with the defaults of the type, and says what is missing', () => {
    for (const [name, field, schema] of parts) {
      const atFirst = initialOf(field);
      const sent = cleanedOf(field, atFirst);
      const missing = Object.keys(problemsOf(field, atFirst, name)).length > 0;
      const refused = isOfShape(schema.safeParse(sent).error?.issues ?? []);
      expect(missing).toBe(refused.length > 0);
    }
  });

  it('sends nothing that the server would not know', () => {
    for (const [, field] of parts)
      fc.assert(
        fc.property(someOf(field), fc.string({ minLength: 1 }), fc.jsonValue(), (value, name, extra) => {
          fc.pre(typeof value === 'object' && value !== null && !(name in value));
          const sent = cleanedOf(field, { ...(value as Values), [name]: extra });
          expect(sent).toEqual(value);
        }),
        RUNS,
      );
  });
});

describe('a schema nobody knows', () => {
  it('is a field for JSON at worst, and never an error', () => {
    const keyword = fc.constantFrom(
      'type',
      'oneOf',
      'anyOf',
      'const',
      'enum',
      'items',
      'properties',
      'required',
      'pattern',
      'format',
      'default',
    );
    const schema = fc.dictionary(
      keyword,
      fc.oneof(fc.jsonValue(), fc.constantFrom('object', 'array', 'string', 'integer', '(')),
    );
    fc.assert(
      fc.property(fc.oneof(schema, fc.jsonValue()), (given) => {
        const field = fieldOf(given);
        problemsOf(field, initialOf(field));
        cleanedOf(field, initialOf(field));
      }),
      { numRuns: 500 },
    );
  });

  it('is JSON where it says more than a form would', () => {
    expect(fieldOf({ type: 'object', properties: {} }).kind).toBe('json');
    expect(fieldOf({ type: 'object', properties: {}, additionalProperties: false, allOf: [] }).kind).toBe('json');
    expect(fieldOf({ type: 'number' }).kind).toBe('json');
    expect(fieldOf({ oneOf: [{ type: 'string' }, { type: 'integer' }] }).kind).toBe('json');
  });
});
