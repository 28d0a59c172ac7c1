import { Badge, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceLocale } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { Time } from '../../components/time.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { RowButton } from './row-button.tsx';
import type { ServiceTabProps } from './service-page.tsx';
import { useLocaleChanges } from './use-locale-changes.ts';
import { useNames } from './use-names.ts';

const AddLocale = lazy(async () => ({ default: (await import('./add-locale.tsx')).AddLocale }));

const PATCH = 'PATCH /v1/admin/services/{id}/locales/{tag}';

/** The languages of the service, in the order they are fallen back to. */
export function ServiceLocalesTab({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const { trackButtonClick } = useAuditEvent();
  const { locale: nameOf } = useNames();
  const [adding, add] = useDisclosure();
  const list = useList('GET /v1/admin/services/{id}/locales', { path: { id: serviceId } });
  const { items } = list;
  const { makeDefault, move, remove, moving } = useLocaleChanges(serviceId, items);
  const columns = useMemo<Column<ServiceLocale>[]>(() => {
    const place = ({ tag }: ServiceLocale) => items.findIndex((each) => each.tag === tag);
    const guard = { route: PATCH, serviceId } as const;
    const arrow = (locale: ServiceLocale, by: 1 | -1) => {
      const to = place(locale) + by;
      const Icon = by < 0 ? IconArrowUp : IconArrowDown;
      return (
        <RowButton
          {...guard}
          label={t(by < 0 ? 'locales.up' : 'locales.down', { tag: locale.tag })}
          disabled={moving || to < 0 || to >= items.length}
          px={4}
          onClick={() => {
            trackButtonClick('move-locale');
            void move(to - by, to);
          }}
        >
          <Icon size={16} aria-hidden />
        </RowButton>
      );
    };
    return [
      {
        id: 'order',
        header: t('locales.order'),
        size: 120,
        cell: (locale) => (
          <Group gap={2} wrap="nowrap" h={37}>
            <Text size="sm" w={28}>
              {place(locale) + 1}
            </Text>
            {arrow(locale, -1)}
            {arrow(locale, 1)}
          </Group>
        ),
      },
      { id: 'tag', header: t('locales.tag'), size: 120, cell: ({ tag }) => <code>{tag}</code> },
      { id: 'name', header: t('locales.name'), size: 200, grow: true, cell: ({ tag }) => nameOf(tag) },
      {
        id: 'default',
        header: t('locales.default'),
        size: 160,
        cell: (locale) =>
          locale.isDefault ? (
            <Badge variant="light">{t('locales.default')}</Badge>
          ) : (
            <RowButton
              {...guard}
              label={t('locales.makeTagDefault', { tag: locale.tag })}
              onClick={() => {
                trackButtonClick('default-locale');
                makeDefault(locale);
              }}
            >
              {t('locales.makeDefault')}
            </RowButton>
          ),
      },
      { id: 'updatedAt', header: t('updated'), size: 140, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
      {
        id: 'actions',
        header: shell('actions'),
        size: 120,
        cell: (locale) => (
          <RowButton
            route="DELETE /v1/admin/services/{id}/locales/{tag}"
            serviceId={serviceId}
            label={t('locales.remove', { tag: locale.tag })}
            // The server refuses it while there are others.
            why={locale.isDefault && items.length > 1 ? t('locales.isTheDefault') : undefined}
            onClick={() => {
              trackButtonClick('remove-locale');
              remove(locale);
            }}
          >
            {shell('remove')}
          </RowButton>
        ),
      },
    ];
  }, [t, shell, nameOf, items, serviceId, moving, move, makeDefault, remove, trackButtonClick]);
  const addButton = (
    <GuardedButton route="POST /v1/admin/services/{id}/locales" serviceId={serviceId} onClick={add.open}>
      {t('locales.add')}
    </GuardedButton>
  );
  return (
    <>
      <DataTable
        name="service-locales"
        label={t('locales.title')}
        columns={columns}
        list={list}
        rowId={({ tag }) => tag}
        height="calc(100dvh - 300px)"
        tools={
          items.length > 0 && (
            <>
              {addButton}
              <Text size="sm" c="dimmed">
                {t('locales.hint')}
              </Text>
            </>
          )
        }
        empty={<Empty kind="none" title={t('locales.none')} hint={t('locales.noneHint')} action={addButton} />}
      />
      <Suspense fallback={null}>
        {adding && <AddLocale serviceId={serviceId} locales={items} onClose={add.close} />}
      </Suspense>
    </>
  );
}
