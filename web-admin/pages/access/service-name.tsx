import { Code } from '@mantine/core';
import { useRead } from '../../api/use-api.ts';
import { shortId } from '../../components/copyable.tsx';

const FIVE_MINUTES = 5 * 60_000;
const MOST = 200;

/** A service by its name. Most are in one answer that all rows share; one that is not is asked for by itself. */
export function ServiceName({ id }: { id: string }) {
  const many = useRead(
    'GET /v1/admin/services',
    { query: { limit: MOST, archived: 'any' } },
    { staleTime: FIVE_MINUTES },
  );
  const known = many.data?.items.find((service) => service.id === id);
  const alone = useRead(
    'GET /v1/admin/services/{id}',
    { path: { id } },
    { enabled: many.isFetched && !known, staleTime: FIVE_MINUTES },
  );
  const name = known?.name ?? (alone.data?.id === id ? alone.data.name : undefined);
  return name ?? <Code className="ltr">{shortId(id)}</Code>;
}
