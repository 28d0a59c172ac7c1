import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export type Filters = Record<string, string | undefined>;

/**
 * What the page shows, as its address says it: it survives a reload, the way back, and being sent to somebody. Empty values are left out.
 * @returns the values, and a function that changes some of them; `replace` for typing, so that the way back is not a way through letters
 */
export function useFilters(): [Filters, (next: Filters, how?: { replace?: boolean }) => void] {
  const search = useSearch({ strict: false }) as Filters;
  const navigate = useNavigate();
  const set = useCallback(
    (next: Filters, { replace = false } = {}) => {
      void navigate({
        to: '.',
        search: (was: Filters) => Object.fromEntries(Object.entries({ ...was, ...next }).filter(([, value]) => value)),
        replace,
      });
    },
    [navigate],
  );
  return [search, set];
}
