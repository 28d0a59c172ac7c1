import { Group, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceCountry } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { useVerdict } from '../../api/use-me.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton, useMissing } from '../../components/guarded.tsx';
import { Time } from '../../components/time.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { RowButton } from './row-button.tsx';
import type { ServiceTabProps } from './service-page.tsx';
import { useCountryChanges } from './use-country-changes.ts';
import { useNames } from './use-names.ts';

const AddCountries = lazy(async () => ({ default: (await import('./add-countries.tsx')).AddCountries }));
const EditCountry = lazy(async () => ({ default: (await import('./edit-country.tsx')).EditCountry }));

const PATCH = 'PATCH /v1/admin/services/{id}/countries/{code}';

/** Where the service is available, and where it is not. */
export function ServiceCountriesTab({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const { trackButtonClick } = useAuditEvent();
  const { country: nameOf } = useNames();
  const [adding, add] = useDisclosure();
  const [edited, setEdited] = useState<ServiceCountry | null>(null);
  const list = useList('GET /v1/admin/services/{id}/countries', { path: { id: serviceId }, query: { limit: 200 } });
  const { setAvailable, remove } = useCountryChanges(serviceId);
  const missing = useMissing()(useVerdict()(PATCH, serviceId));
  const columns = useMemo<Column<ServiceCountry>[]>(
    () => [
      {
        id: 'name',
        header: t('countries.name'),
        size: 200,
        grow: true,
        cell: ({ code, name }) => nameOf(code) ?? name,
      },
      { id: 'code', header: t('countries.code'), size: 80, cell: ({ code }) => <code>{code}</code> },
      {
        id: 'available',
        header: t('countries.available'),
        size: 110,
        cell: (country) => (
          <Switch
            aria-label={t('countries.availableIn', { country: nameOf(country.code) ?? country.name })}
            checked={country.isAvailable}
            disabled={missing !== undefined}
            title={missing}
            mt={9}
            onChange={(event) => {
              trackButtonClick('country-available');
              setAvailable(country, event.currentTarget.checked);
            }}
          />
        ),
      },
      { id: 'note', header: t('countries.note'), size: 240, grow: true, cell: ({ note }) => note },
      { id: 'updatedAt', header: t('updated'), size: 140, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
      {
        id: 'actions',
        header: shell('actions'),
        size: 170,
        cell: (country) => {
          const name = nameOf(country.code) ?? country.name;
          return (
            <Group gap={4} wrap="nowrap" h={37}>
              <RowButton
                label={t('countries.edit', { country: name })}
                route={PATCH}
                serviceId={serviceId}
                onClick={() => setEdited(country)}
              >
                {shell('edit')}
              </RowButton>
              <RowButton
                label={t('countries.remove', { country: name })}
                route="DELETE /v1/admin/services/{id}/countries/{code}"
                serviceId={serviceId}
                onClick={() => {
                  trackButtonClick('remove-country');
                  remove(country);
                }}
              >
                {shell('remove')}
              </RowButton>
            </Group>
          );
        },
      },
    ],
    [t, shell, nameOf, missing, serviceId, setAvailable, remove, trackButtonClick],
  );
  const addButton = (
    <GuardedButton route="POST /v1/admin/services/{id}/countries" serviceId={serviceId} onClick={add.open}>
      {t('countries.add')}
    </GuardedButton>
  );
  return (
    <>
      <DataTable
        name="service-countries"
        label={t('countries.title')}
        columns={columns}
        list={list}
        rowId={({ code }) => code}
        height="calc(100dvh - 300px)"
        tools={list.items.length > 0 && addButton}
        empty={<Empty kind="none" title={t('countries.none')} hint={t('countries.noneHint')} action={addButton} />}
      />
      <Suspense fallback={null}>
        {adding && (
          <AddCountries serviceId={serviceId} listed={list.items.map(({ code }) => code)} onClose={add.close} />
        )}
        {edited && <EditCountry country={edited} onClose={() => setEdited(null)} />}
      </Suspense>
    </>
  );
}
