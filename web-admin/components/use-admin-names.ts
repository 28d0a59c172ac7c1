import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../api/use-api.ts';
import { useMe, useVerdict } from '../api/use-me.ts';
import { shortId } from './copyable.tsx';

const FIVE_MINUTES = 5 * 60_000;

/** Who an id is: you, an e-mail address where admins may be listed, and the end of the id otherwise. */
export function useAdminNames(): (adminId: string) => string {
  const { t } = useTranslation('forms');
  const { data: me } = useMe();
  const enabled = useVerdict()('GET /v1/admin/admins').allowed;
  const { data } = useRead('GET /v1/admin/admins', { query: { limit: 200 } }, { enabled, staleTime: FIVE_MINUTES });
  const emails = useMemo(() => new Map(data?.items.map(({ id, email }) => [id, email])), [data]);
  return (adminId) => (adminId === me?.id ? t('you') : (emails.get(adminId) ?? shortId(adminId)));
}
