import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { headOf, matched } from './csv-head.ts';

it('reads a header and the first lines of what was written', async () => {
  const cell = fc.string({ minLength: 1, maxLength: 12 }).map((text) => `x${text.replaceAll(/\p{C}|\s/gu, '')}`);
  const columns = fc.uniqueArray(cell, { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      columns,
      fc.array(cell, { minLength: 8, maxLength: 8 }),
      fc.constantFrom(',', ';', '\t'),
      async (names, cells, delimiter) => {
        const lines = Array.from({ length: 3 }, (_, at) =>
          names.map((_name, place) => cells[(at + place) % cells.length] ?? ''),
        );
        const text = Papa.unparse([names, ...lines], { delimiter });
        const head = await headOf(new Blob([`\uFEFF${text}`]));
        expect(head).toEqual({ columns: names, lines });
      },
    ),
  );
});

it('finds columns whatever their case, spaces and hyphens', () => {
  expect(matched(['sessionId', 'code'], ['Session ID', 'Name'])).toEqual({ sessionId: 'Session ID' });
  expect(matched(['serviceId'], ['service_id'])).toEqual({ serviceId: 'service_id' });
  expect(matched(['serviceId'], ['SERVICE-ID'])).toEqual({ serviceId: 'SERVICE-ID' });
});
