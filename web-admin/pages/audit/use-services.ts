import { useEffect, useMemo } from 'react';
import { useList } from '../../api/use-api.ts';
import { useVerdict } from '../../api/use-me.ts';
import { isGuid } from './query/to-filter.ts';

/** More services than a company has; a query may name any other one by its id. */
const MOST_PAGES = 10;

export interface Services {
  /** No more are to come. */
  ready: boolean;
  /** The id of a service by its slug; an id is taken as it is. */
  idOf(text: string): string | undefined;
  nameOf(id: string): string | undefined;
  slugOf(id: string): string | undefined;
}

/** Services by slug and by id: people read and write names, the API takes ids. */
export function useServices(): Services {
  const allowed = useVerdict()('GET /v1/admin/services').allowed;
  const { items, query } = useList(
    'GET /v1/admin/services',
    { query: { limit: 200, archived: 'any' } },
    { enabled: allowed },
  );
  const pages = query.data?.pages.length ?? 0;
  const more = query.hasNextPage && !query.isFetchingNextPage && !query.isError && pages < MOST_PAGES;
  useEffect(() => {
    if (more) void query.fetchNextPage();
  }, [more, query.fetchNextPage]);
  const ready = !allowed || query.isError || (query.isSuccess && (!query.hasNextPage || pages >= MOST_PAGES));
  return useMemo(() => {
    const bySlug = new Map(items.map(({ slug, id }) => [slug, id]));
    const byId = new Map(items.map((service) => [service.id, service]));
    return {
      ready,
      idOf: (text) => (isGuid(text) ? text : bySlug.get(text)),
      nameOf: (id) => byId.get(id)?.name,
      slugOf: (id) => byId.get(id)?.slug,
    };
  }, [items, ready]);
}
