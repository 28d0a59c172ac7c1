import { Combobox, Modal, Text, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useList } from '../api/use-api.ts';

const PAGES = ['services', 'audit', 'operations', 'exports', 'observability', 'access', 'me'] as const;
/** Ids of records and sessions, and trace ids, as people paste them out of a log. */
const ID = /^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

/** ⌘K: any page, any service, and whatever an id out of a log leads to. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 150);
  const { items: services } = useList('GET /v1/admin/services', {
    query: { limit: 8, ...(asked && { search: asked }) },
  });
  // Its options are always there: Enter takes one of an open list only.
  const combobox = useCombobox({ opened: true });
  const wanted = text.trim().toLowerCase();
  const begins = (word: string) => word.startsWith(wanted);
  const pages = PAGES.filter((page) => t(page).toLowerCase().split(' ').some(begins));
  const id = ID.test(wanted) ? wanted : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first of what is listed now is the one Enter takes.
  useEffect(() => void combobox.selectFirstOption(), [wanted, services]);

  const go = (value: string) => {
    onClose();
    const [kind, what = ''] = value.split(':');
    if (kind === 'page') void navigate({ to: `/${what}` });
    else if (kind === 'service')
      void navigate({ to: '/services/$serviceId/$tab', params: { serviceId: what, tab: 'config' } });
    else void navigate({ to: '/audit', search: { q: what } });
  };
  return (
    <Modal opened onClose={onClose} withCloseButton={false} padding="xs" yOffset="10vh" aria-label={t('keys.palette')}>
      <Combobox store={combobox} onOptionSubmit={go}>
        <Combobox.EventsTarget>
          <TextInput
            data-autofocus
            aria-label={t('search')}
            placeholder={t('search')}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </Combobox.EventsTarget>
        <Combobox.Options mt="xs" aria-label={t('keys.palette')}>
          {id && <Combobox.Option value={`id:${id}`}>{t('palette.record', { id })}</Combobox.Option>}
          {pages.length > 0 && (
            <Combobox.Group label={t('palette.pages')}>
              {pages.map((page) => (
                <Combobox.Option key={page} value={`page:${page}`}>
                  {t(page)}
                </Combobox.Option>
              ))}
            </Combobox.Group>
          )}
          {services.length > 0 && (
            <Combobox.Group label={t('palette.services')}>
              {services.map((service) => (
                <Combobox.Option key={service.id} value={`service:${service.id}`}>
                  {service.name}{' '}
                  <Text span c="dimmed" size="sm" className="ltr">
                    {service.slug}
                  </Text>
                </Combobox.Option>
              ))}
            </Combobox.Group>
          )}
          {!id && pages.length === 0 && services.length === 0 && (
            <Combobox.Empty>{t('palette.nothing')}</Combobox.Empty>
          )}
        </Combobox.Options>
      </Combobox>
    </Modal>
  );
}
