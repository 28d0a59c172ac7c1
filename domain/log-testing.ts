import type { Log } from './context.ts';

const silent = () => undefined;

/** A log that says nothing. */
export const QUIET: Log = { debug: silent, info: silent, warn: silent, error: silent, brief: silent };
