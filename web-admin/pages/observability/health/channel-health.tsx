import { Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { SystemHealth } from '../../../api/schema.gen.ts';
import { Empty } from '../../../components/empty.tsx';
import { Time } from '../../../components/time.tsx';
import { StatusBadge } from '../status-badge.tsx';

/** Whether what is told outside arrives; apart from Steward's own parts, since it is mostly the receiver's fault. */
export function ChannelHealth({ channels }: Pick<SystemHealth, 'channels'>) {
  const { t } = useTranslation('observability');
  if (channels === null) return <Text>{t('channelHealth.unknown')}</Text>;
  if (channels.length === 0) return <Empty kind="none" title={t('channel.none')} hint={t('channel.noneHint')} />;
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table aria-label={t('channelHealth.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('channel.name')}</Table.Th>
            <Table.Th scope="col">{t('channel.type')}</Table.Th>
            <Table.Th scope="col">{t('component.status')}</Table.Th>
            <Table.Th scope="col">{t('component.since')}</Table.Th>
            <Table.Th scope="col">{t('channel.lastError')}</Table.Th>
            <Table.Th scope="col">{t('channel.lastDelivered')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {channels.map(({ id, name, type, status, since, lastErrorCode, lastDeliveredAt }) => (
            <Table.Tr key={id}>
              <Table.Th scope="row">
                <Link to="/observability" search={{ view: 'channels', channel: id }}>
                  {name}
                </Link>
              </Table.Th>
              <Table.Td>{t(`channelType.${type}`)}</Table.Td>
              <Table.Td>
                <StatusBadge status={status} label={t(`channelHealth.${status}`)} />
              </Table.Td>
              <Table.Td>{since ? <Time at={since} /> : '–'}</Table.Td>
              <Table.Td>{lastErrorCode ? <code>{lastErrorCode}</code> : '–'}</Table.Td>
              <Table.Td>{lastDeliveredAt ? <Time at={lastDeliveredAt} /> : t('channel.never')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
