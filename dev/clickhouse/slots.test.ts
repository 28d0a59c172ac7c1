import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

const stay = new AbortController().signal;

test('runs so many at once, lets so many wait in order, and refuses the rest', async () => {
  const slots = new Slots(2, 2);
  const order: string[] = [];
  const take = async (name: string) => {
    const giveBack = await slots.take(stay);
    order.push(name);
    return giveBack;
  };
  const [a, b] = await Promise.all([take('a'), take('b')]);
  const waiting = [take('c'), take('d')] as const;
  await expect(take('e')).rejects.toMatchObject({ code: 202, status: 503 });
  a?.();
  a?.();
  expect(order).toEqual(['a', 'b']);
  const c = await waiting[0];
  expect(order).toEqual(['a', 'b', 'c']);
  b?.();
  c();
  (await waiting[1])();
  await expect(take('f')).resolves.toBeTypeOf('function');
  expect(order).toEqual(['a', 'b', 'c', 'd', 'f']);
});

test('whoever leaves the queue takes no slot', async () => {
  const slots = new Slots(1, 2);
  const first = await slots.take(stay);
  const leave = new AbortController();
  const left = slots.take(leave.signal);
  const second = slots.take(stay);
  leave.abort();
  await expect(left).rejects.toMatchObject({ code: 394 });
  first();
  (await second)();
  await expect(slots.take(stay)).resolves.toBeTypeOf('function');
});
