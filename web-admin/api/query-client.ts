import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './problem.ts';

const RETRIES = 2;
const MAX_WAIT_MS = 30_000;

const isPassing = (error: unknown) => error instanceof ApiProblem && error.passes;

/** As long as the answer asks for; otherwise twice as long each time. */
export function retryDelay(failures: number, error: unknown): number {
  const asked = error instanceof ApiProblem ? error.retryAfter : null;
  return Math.min(MAX_WAIT_MS, asked === null ? 500 * 2 ** failures : asked * 1000);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < RETRIES && isPassing(error),
      retryDelay,
      // The last answer stays on the screen while the next one is on its way.
      placeholderData: (previous: unknown) => previous,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
