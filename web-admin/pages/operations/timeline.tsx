import { Timeline as Line, Text } from '@mantine/core';
import {
  IconBolt,
  IconCheck,
  IconFlag,
  IconPencil,
  IconPlayerPlay,
  IconThumbDown,
  IconThumbUp,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../api/schema.gen.ts';
import { Time } from '../../components/time.tsx';
import { useAdminNames } from '../../components/use-admin-names.ts';

interface Event {
  key: string;
  icon: typeof IconCheck;
  title: string;
  at: string;
  note?: ReactNode;
}

/** What happened to it, in its order, and by whom. */
function useEventsOf(operation: Operation): Event[] {
  const { t } = useTranslation('operations');
  const nameOf = useAdminNames();
  const { approval, breakGlass, startedAt, startedBy, finishedAt, phase } = operation;
  const asked = { key: 'asked', icon: IconPencil, at: operation.createdAt, note: operation.reason };
  const events: (Event | null)[] = [
    { ...asked, title: t('timeline.asked', { name: nameOf(operation.actorAdminId) }) },
    ...approval.decisions.map(({ adminId, email, decision, reason, createdAt }) => ({
      key: adminId,
      icon: decision === 'approve' ? IconThumbUp : IconThumbDown,
      title: t(`timeline.${decision}`, { name: email }),
      at: createdAt,
      note: reason,
    })),
    startedAt === null
      ? null
      : {
          key: 'started',
          icon: breakGlass ? IconBolt : IconPlayerPlay,
          title: t(breakGlass ? 'timeline.brokeGlass' : 'timeline.started', {
            name: startedBy ? nameOf(startedBy) : '—',
          }),
          at: startedAt,
        },
    breakGlass?.reviewedAt
      ? {
          key: 'reviewed',
          icon: IconFlag,
          title: t('timeline.reviewed', { name: breakGlass.reviewedBy ? nameOf(breakGlass.reviewedBy) : '—' }),
          at: breakGlass.reviewedAt,
        }
      : null,
    finishedAt === null
      ? null
      : { key: 'finished', icon: IconCheck, title: t(`phase.${phase}`), at: finishedAt, note: operation.failureReason },
  ];
  return events.filter((event) => event !== null).sort((a, b) => a.at.localeCompare(b.at));
}

export function Timeline({ operation }: { operation: Operation }) {
  const events = useEventsOf(operation);
  return (
    <Line active={events.length} bulletSize={22} lineWidth={2}>
      {events.map(({ key, icon: Icon, title, at, note }) => (
        <Line.Item key={key} bullet={<Icon size={13} aria-hidden />} title={<Text size="sm">{title}</Text>}>
          {note && (
            <Text size="sm" c="dimmed" dir="auto">
              {note}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            <Time at={at} />
          </Text>
        </Line.Item>
      ))}
    </Line>
  );
}
