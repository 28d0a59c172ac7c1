import { afterAll, vi } from 'vitest';

/**
 * Runs before each file of the runtime project. One isolate takes many files: a clock or a spy that one leaves behind makes another
 * one, far away, wait for ever. Fails the file that left it, and puts it back for the others.
 */
const SHARED = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'Date',
  'fetch',
  'crypto',
  'console',
] as const;
const before = SHARED.map((name) => [name, globalThis[name]] as const);

afterAll(() => {
  // What happens anyway before the next file: a spy that was set on a fake clock brings that clock back with it.
  vi.restoreAllMocks();
  const left = before.filter(([name, found]) => globalThis[name] !== found).map(([name]) => name);
  vi.useRealTimers();
  Object.assign(globalThis, Object.fromEntries(before));
  if (left.length)
    throw new Error(`This file leaves ${left.join(', ')} changed: restore them in afterEach or afterAll.`);
});
