import { Badge, NativeSelect } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Service } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useFilters } from '../../api/use-filters.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { Page } from '../../components/page.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Time } from '../../components/time.tsx';

const CreateService = lazy(async () => ({ default: (await import('./create-service.tsx')).CreateService }));

const ARCHIVED = ['false', 'true', 'any'] as const;
type Archived = (typeof ARCHIVED)[number];

export function ServicesPage() {
  const { t } = useTranslation('services');
  const navigate = useNavigate();
  const [{ search = '', archived }, setFilters] = useFilters();
  const [creating, create] = useDisclosure();
  const shown: Archived = ARCHIVED.find((each) => each === archived) ?? 'false';
  const list = useList('GET /v1/admin/services', { query: { limit: 100, archived: shown, ...(search && { search }) } });
  const columns = useMemo<Column<Service>[]>(
    () => [
      {
        id: 'name',
        header: t('name'),
        size: 220,
        grow: true,
        cell: ({ id, name, archivedAt }) => (
          <>
            <Link to="/services/$serviceId/$tab" params={{ serviceId: id, tab: 'config' }}>
              {name}
            </Link>
            {archivedAt && (
              <Badge ms="xs" variant="default" size="sm">
                {t('archived')}
              </Badge>
            )}
          </>
        ),
      },
      { id: 'slug', header: t('slug'), size: 180, cell: ({ slug }) => <code>{slug}</code> },
      { id: 'description', header: t('description'), size: 260, cell: ({ description }) => description },
      { id: 'updatedAt', header: t('updated'), size: 150, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
      {
        id: 'createdAt',
        header: t('created'),
        size: 150,
        hidden: true,
        cell: ({ createdAt }) => <Time at={createdAt} />,
      },
      { id: 'id', header: t('id'), size: 300, hidden: true, cell: ({ id }) => <code>{id}</code> },
    ],
    [t],
  );
  const filtered = search !== '' || shown !== 'false';
  return (
    <Page
      title={t('title')}
      actions={
        <GuardedButton route="POST /v1/admin/services" onClick={create.open}>
          {t('new')}
        </GuardedButton>
      }
    >
      <DataTable
        name="services"
        label={t('title')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        onOpen={({ id }) =>
          void navigate({ to: '/services/$serviceId/$tab', params: { serviceId: id, tab: 'config' } })
        }
        tools={
          <>
            <SearchField
              name="services"
              label={t('search')}
              value={search}
              onSearch={(text) => setFilters({ search: text }, { replace: true })}
            />
            <NativeSelect
              aria-label={t('which')}
              data={ARCHIVED.map((value) => ({ value, label: t(`which_${value}`) }))}
              value={shown}
              onChange={({ currentTarget: { value } }) =>
                setFilters({ archived: value === 'false' ? undefined : value })
              }
              w={150}
            />
          </>
        }
        empty={
          filtered ? (
            <Empty kind="noMatch" onClear={() => setFilters({ search: undefined, archived: undefined })} />
          ) : (
            <Empty kind="none" title={t('none')} hint={t('noneHint')} />
          )
        }
      />
      <Suspense fallback={null}>{creating && <CreateService onClose={create.close} />}</Suspense>
    </Page>
  );
}
