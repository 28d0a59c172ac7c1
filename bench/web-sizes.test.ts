import { expect, it } from 'vitest';
import { measureSizes } from './web-sizes.ts';

it('what every page loads first is within its budget', async () => {
  const figures = await measureSizes();
  const first = figures.filter(({ figure }) => figure.startsWith('first_load.'));
  for (const { figure, value, unit, limit } of first) console.log(`${figure}: ${value.toFixed(1)} of ${limit} ${unit}`);
  expect(first.length).toBe(2);
  expect(first.filter(({ value, limit }) => value > limit)).toEqual([]);
  expect(figures.filter(({ figure }) => figure.startsWith('route.')).length).toBeGreaterThan(10);
});
