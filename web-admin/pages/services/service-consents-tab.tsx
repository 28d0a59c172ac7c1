import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceConsentSummary } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { Time } from '../../components/time.tsx';
import type { ServiceTabProps } from './service-page.tsx';
import { StatusBadge } from './status-badge.tsx';

const ConsentDrawer = lazy(async () => ({ default: (await import('./consent-drawer.tsx')).ConsentDrawer }));
const CreateConsent = lazy(async () => ({ default: (await import('./create-consent.tsx')).CreateConsent }));

/** What people agree to, revision by revision; one is opened beside the list (`?consent=`). */
export function ServiceConsentsTab({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const [{ consent: opened }, setFilters] = useFilters();
  const [creating, create] = useDisclosure();
  const list = useList('GET /v1/admin/services/{id}/consents', { path: { id: serviceId }, query: { limit: 200 } });
  const open = (id: string | undefined) => setFilters({ consent: id });
  const columns = useMemo<Column<ServiceConsentSummary>[]>(
    () => [
      { id: 'code', header: t('consents.code'), size: 200, grow: true, cell: ({ code }) => <code>{code}</code> },
      { id: 'revision', header: t('revision'), size: 90, align: 'end', cell: ({ revision }) => revision },
      { id: 'status', header: t('status'), size: 120, cell: ({ status }) => <StatusBadge status={status} /> },
      {
        id: 'required',
        header: t('consents.required'),
        size: 110,
        cell: ({ required }) => t(required ? 'consents.required' : 'consents.optional'),
      },
      {
        id: 'locales',
        header: t('consents.locales'),
        size: 160,
        cell: ({ locales }) => <code>{locales.join(', ')}</code>,
      },
      {
        id: 'effectiveFrom',
        header: t('consents.effectiveFrom'),
        size: 150,
        cell: ({ effectiveFrom }) => (effectiveFrom ? <Time at={effectiveFrom} /> : t('consents.atOnce')),
      },
      {
        id: 'publishedAt',
        header: t('consents.publishedAt'),
        size: 140,
        cell: ({ publishedAt }) => publishedAt && <Time at={publishedAt} />,
      },
      { id: 'updatedAt', header: t('updated'), size: 140, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
    ],
    [t],
  );
  const newButton = (
    <GuardedButton route="POST /v1/admin/services/{id}/consents" serviceId={serviceId} onClick={create.open}>
      {t('consents.new')}
    </GuardedButton>
  );
  return (
    <>
      <DataTable
        name="service-consents"
        label={t('consents.title')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        openId={opened}
        onOpen={({ id }) => open(id)}
        height="calc(100dvh - 300px)"
        tools={list.items.length > 0 && newButton}
        empty={<Empty kind="none" title={t('consents.none')} hint={t('consents.noneHint')} action={newButton} />}
      />
      <Suspense fallback={null}>
        {creating && <CreateConsent serviceId={serviceId} onClose={create.close} onMade={open} />}
        {opened && (
          <ConsentDrawer
            key={opened}
            path={{ id: serviceId, consentId: opened }}
            onClose={() => open(undefined)}
            onMade={open}
          />
        )}
      </Suspense>
    </>
  );
}
