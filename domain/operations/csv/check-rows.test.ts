import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkRows, fieldsOf } from './check-rows.ts';
import { optional, readText } from './csv-testing.ts';

const toggle = z.strictObject({
  serviceId: z.uuid(),
  code: z.string().max(200),
  isActive: z.stringbool(),
  note: z.string().optional(),
});

const id = (i: number) => `0199aaaa-0000-7000-8000-${i.toString(16).padStart(12, '0')}`;

const check = (text: string) =>
  checkRows(readText(text, { fields: fieldsOf(toggle) }), {
    schema: toggle,
    keyOf: ({ serviceId, code }) => `${serviceId} ${code}`,
  });

describe('the rows of a file', () => {
  it('have the columns of their schema', () => {
    expect(fieldsOf(toggle)).toEqual([
      { name: 'serviceId', isRequired: true },
      { name: 'code', isRequired: true },
      { name: 'isActive', isRequired: true },
      { name: 'note', isRequired: false },
    ]);
    expect(fieldsOf(z.object({ a: z.string().default('x'), b: z.string().nullable() }))).toEqual([
      { name: 'a', isRequired: false },
      { name: 'b', isRequired: true },
    ]);
  });

  it('become values with their lines; blanks around a cell and empty cells are nothing', () => {
    const text = `service_id;Code;Is Active;note\n ${id(1)} ;"a\nb";TRUE; \n\n${id(2)};c;0;x\n`;
    expect(check(text)).toEqual({
      rows: [
        { line: 2, value: { serviceId: id(1), code: 'a\nb', isActive: true } },
        { line: 5, value: { serviceId: id(2), code: 'c', isActive: false, note: 'x' } },
      ],
      errors: [],
      errorCount: 0,
    });
  });

  it('that are bad are told by line and column as the file calls it, the others are kept', () => {
    const text = [
      ...['Service ID,code,isActive', `${id(1)},a,yes`, `nope,,maybe`, `${id(2)},b`, `${id(1)},a,no`, `${id(3)},,on`],
      ...[`${id(4)},${'c'.repeat(201)},on`, `${id(1)},a,yes`],
    ].join('\r\n');
    const { rows, errors, errorCount } = check(text);
    expect(rows).toEqual([{ line: 2, value: { serviceId: id(1), code: 'a', isActive: true } }]);
    expect(errors).toEqual([
      { line: 3, column: 'Service ID', reason: 'Invalid UUID: "nope"' },
      { line: 3, column: 'code', reason: 'is empty' },
      { line: 3, column: 'isActive', reason: expect.stringMatching(/^Invalid option.*: "maybe"$/) },
      { line: 4, column: null, reason: 'has 2 fields and the header 3' },
      { line: 5, column: null, reason: 'repeats line 2' },
      { line: 6, column: 'code', reason: 'is empty' },
      { line: 7, column: 'code', reason: expect.stringMatching(/: a text of 201 characters$/) },
      { line: 8, column: null, reason: 'repeats line 2' },
    ]);
    expect(errorCount).toBe(8);
  });

  it('may need one of several columns, and a message about one that the file lacks names the field', () => {
    const schema = z
      .object({ sessionId: z.uuid().optional(), email: z.email().optional() })
      .refine(({ sessionId, email }) => (sessionId === undefined) !== (email === undefined), {
        error: 'needs either sessionId or email',
      })
      .refine(({ sessionId }) => sessionId !== id(9), { error: 'needs email too', path: ['email'] });
    const all = checkRows(
      readText(`email,sessionId\na@b.example,\n,${id(1)}\nc@d.example,${id(2)}`, optional('email', 'sessionId')),
      { schema },
    );
    expect(all.rows.map(({ line }) => line)).toEqual([2, 3]);
    expect(all.errors).toEqual([{ line: 4, column: null, reason: 'needs either sessionId or email' }]);
    const lacking = checkRows(readText(`sessionId\n${id(9)}`, optional('email', 'sessionId')), { schema });
    expect(lacking.errors).toEqual([{ line: 2, column: 'email', reason: 'needs email too' }]);
  });

  it('are listed up to a thousand errors in the order of the file, and all counted', () => {
    for (const bad of [1000, 1001, 3000]) {
      // Every other one is found in reading, the rest in checking.
      const lines = Array.from({ length: bad }, (_, i) => (i % 2 ? 'nope,x' : 'nope'));
      const file = readText(`serviceId,note\n${lines.join('\n')}`, optional('serviceId', 'note'));
      const { errors, errorCount } = checkRows(file, { schema: toggle.pick({ serviceId: true, note: true }) });
      expect(errorCount).toBe(bad);
      expect(errors.map(({ line }) => line)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 2));
    }
  });

  it('are never repeated in a message when they are long or look like a secret', () => {
    const secrets = [
      'AKIAIOSFODNN7EXAMPLE',
      'password=hunter2hunter2',
      'Bearer abcdef0123456789abcdef01',
      'https://user:s3cretpass@example.com',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk',
    ];
    const long = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '7'), minLength: 42, maxLength: 300 });
    const cells = fc.oneof(
      fc.constantFrom(...secrets),
      long.map((text) => `x${text.slice(1, -1)}x`),
    );
    // What schemas are written to say, also ones that say too much.
    const schema = fc.constantFrom(
      z.object({ a: z.uuid() }),
      z.object({ a: z.enum(['x', 'y']) }),
      z.object({ a: z.string().refine(() => false, { error: ({ input }) => `${input} is not known` }) }),
      z.object({ a: z.string() }).refine(() => false, { error: ({ input }) => `not this: ${JSON.stringify(input)}` }),
    );
    let tried = 0;
    fc.assert(
      fc.property(cells, schema, (cell, rules) => {
        const { errors } = checkRows(readText(`a\n"${cell}"`, optional('a')), { schema: rules });
        expect(errors).toHaveLength(1);
        expect(JSON.stringify(errors)).not.toContain(cell);
        tried++;
      }),
      { seed: 20_261_122, numRuns: 1000 },
    );
    console.log(`cells that must not come back: tried ${tried}, came back 0`);
  });
});
