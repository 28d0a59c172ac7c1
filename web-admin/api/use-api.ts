import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useMemo } from 'react';
import { type Answer, call, type Input, type Route } from './call.ts';
import type { ApiProblem } from './problem.ts';

/** The key of an answer: everything of a route, or of a route and its parameters, can be forgotten by it. */
export const keyOf = <R extends Route>(route: R, input?: Pick<Input<R>, 'path' | 'query'>) =>
  input ? [route, input.path ?? {}, input.query ?? {}] : [route];

type ReadRoute = Extract<Route, `GET ${string}`>;
type Options<R extends ReadRoute> = Partial<
  Pick<UseQueryOptions<Answer<R>, ApiProblem>, 'enabled' | 'refetchInterval' | 'staleTime'>
>;

/** One answer of the API, kept and asked for anew when it is old. */
export function useRead<R extends ReadRoute>(
  route: R,
  input: Pick<Input<R>, 'path' | 'query'>,
  options: Options<R> = {},
) {
  return useQuery<Answer<R>, ApiProblem>({
    queryKey: keyOf(route, input),
    queryFn: ({ signal }) => call(route, { ...input, signal } as Input<R>),
    ...options,
  });
}

type PageRoute = { [R in ReadRoute]: Answer<R> extends { nextCursor: string | null } ? R : never }[ReadRoute];
export type ItemOf<R extends PageRoute> = Answer<R> extends { items: (infer Item)[] } ? Item : never;

export interface List<Item> {
  items: Item[];
  query: UseInfiniteQueryResult<InfiniteData<unknown>, ApiProblem>;
}

/** A list of the API, page after page. */
export function useList<R extends PageRoute>(
  route: R,
  input: Pick<Input<R>, 'path' | 'query'>,
  options: { enabled?: boolean; refetchInterval?: number | false } = {},
): List<ItemOf<R>> {
  type Page = { items: ItemOf<R>[]; nextCursor: string | null };
  const query = useInfiniteQuery<Page, ApiProblem, InfiniteData<Page>, unknown[], string | null>({
    queryKey: ['list', ...keyOf(route, input)],
    initialPageParam: null,
    queryFn: ({ pageParam, signal }) =>
      call(route, {
        ...input,
        query: { ...input.query, ...(pageParam ? { cursor: pageParam } : {}) },
        signal,
      } as Input<R>) as Promise<unknown> as Promise<Page>,
    getNextPageParam: (page) => page.nextCursor,
    ...options,
  });
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return { items, query: query as unknown as List<ItemOf<R>>['query'] };
}

type ChangeRoute = Exclude<Route, ReadRoute>;

/**
 * A change, for buttons and forms. Afterwards every answer of `stale` is asked for anew.
 * @param stale routes whose answers the change may have made old
 */
export function useChange<R extends ChangeRoute>(route: R, stale: ReadRoute[] = []) {
  const client = useQueryClient();
  return useMutation<Answer<R>, ApiProblem, Input<R>>({
    mutationFn: (input) => call(route, input),
    onSettled: () =>
      client.invalidateQueries({
        predicate: ({ queryKey: [first, second] }) => stale.some((each) => each === first || each === second),
      }),
  });
}
