import { Badge, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../../api/schema.gen.ts';
import { Copyable } from '../../../components/copyable.tsx';
import type { Column } from '../../../components/data-table.tsx';
import { Time } from '../../../components/time.tsx';
import { shortUserAgent } from './user-agent.ts';

/** IPv4 as people write it; an anonymised address is a network. */
const addressOf = (address: string) => address.replace(/^::ffff:(?=\d+\.)/, '');

/**
 * Columns of sign-in sessions, everybody's or one's own.
 * @param current the session that asks
 * @param actions what can be done with one
 */
export function useSessionColumns(
  current: string | undefined,
  actions: (session: Session) => ReactNode,
  { email }: { email: boolean },
): Column<Session>[] {
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  return useMemo(() => {
    const whose: Column<Session> = {
      id: 'email',
      header: t('grant.admin'),
      size: 230,
      cell: (session) => <span className="ltr">{session.email}</span>,
    };
    return [
      ...(email ? [whose] : []),
      {
        id: 'userAgent',
        header: t('session.with'),
        size: 230,
        grow: true,
        cell: ({ id, userAgent }) => (
          <>
            <Tooltip label={userAgent || '–'} multiline maw={420}>
              <span className="ltr">{shortUserAgent(userAgent) || '–'}</span>
            </Tooltip>
            {id === current && (
              <Badge ms="xs" size="sm" variant="default" tt="none">
                {t('session.this')}
              </Badge>
            )}
          </>
        ),
      },
      { id: 'kind', header: t('session.kind'), size: 110, cell: ({ kind }) => t(`sessionKind.${kind}`) },
      {
        id: 'address',
        header: t('session.address'),
        size: 150,
        cell: ({ ipAddress }) => <code>{addressOf(ipAddress)}</code>,
      },
      { id: 'createdAt', header: t('session.began'), size: 150, cell: ({ createdAt }) => <Time at={createdAt} /> },
      {
        id: 'revokedAt',
        header: t('session.endedAt'),
        size: 150,
        cell: ({ revokedAt }) => (revokedAt ? <Time at={revokedAt} /> : t('session.stillAlive')),
      },
      {
        id: 'id',
        header: t('id'),
        size: 310,
        hidden: true,
        cell: ({ id }) => <Copyable value={id} />,
      },
      {
        id: 'timeline',
        header: t('session.timeline'),
        size: 130,
        hidden: !email,
        cell: ({ id }) => (
          <Link to="/audit/sessions/$sessionId" params={{ sessionId: id }}>
            {t('session.whatHappened')}
          </Link>
        ),
      },
      { id: 'actions', header: shell('actions'), size: 140, cell: actions },
    ];
  }, [t, shell, current, actions, email]);
}
