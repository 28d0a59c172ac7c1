import { Drawer, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Admin } from '../../../api/schema.gen.ts';
import { useRead } from '../../../api/use-api.ts';
import { useMe } from '../../../api/use-me.ts';
import { Copyable } from '../../../components/copyable.tsx';
import { useFocusBack } from '../../../components/focus-back.ts';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { Time } from '../../../components/time.tsx';
import { ServiceName } from '../service-name.tsx';
import { AdminActions } from './admin-actions.tsx';
import { AdminForm } from './admin-form.tsx';
import { AdminStatus } from './admin-status.tsx';

interface AdminDrawerProps {
  adminId: string;
  onClose: () => void;
}

/** What the admin holds, at a glance. */
function Held({ admin }: { admin: Admin }) {
  const { t } = useTranslation('access');
  const { data, error, refetch } = useRead('GET /v1/admin/grants', { query: { limit: 100, adminId: admin.id } });
  if (error && !data) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={60} />;
  return (
    <Stack gap={4}>
      <Title order={3}>{t('admin.holds')}</Title>
      {data.items.length === 0 && <Text size="sm">{t('admin.holdsNothing')}</Text>}
      {data.items.map(({ id, role, serviceId }) => (
        <Text key={id} size="sm" component="div">
          <code>{role}</code> · {serviceId ? <ServiceName id={serviceId} /> : t('everywhere')}
        </Text>
      ))}
      <Group gap="md" fz="sm">
        <Link to="/access" search={{ view: 'grants', admin: admin.id }}>
          {t('admin.toGrants')}
        </Link>
        <Link to="/access" search={{ view: 'sessions', admin: admin.id }}>
          {t('admin.toSessions')}
        </Link>
      </Group>
    </Stack>
  );
}

export function AdminDrawer({ adminId, onClose }: AdminDrawerProps) {
  useFocusBack();
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  const { data: me } = useMe();
  const admin = useRead('GET /v1/admin/admins/{adminId}', { path: { adminId } });
  const { data } = admin;
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="md"
      title={data?.name ?? t('admin.one')}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      {!data && !admin.error && <Skeleton height={320} />}
      {!data && admin.error && <ProblemAlert problem={admin.error} onRetry={() => void admin.refetch()} />}
      {data && (
        <Stack gap="lg">
          <Stack gap="xs">
            <Group gap="xs">
              <AdminStatus status={data.status} />
              {data.id === me?.id && <Text size="sm">{t('admin.thatIsYou')}</Text>}
            </Group>
            <Group gap="xs">
              <Copyable value={data.subject} />
              <Copyable value={data.id} />
            </Group>
            {data.sessionsNotBefore && (
              <Text size="sm" c="dimmed" component="div">
                {t('admin.signedOutAll')} <Time at={data.sessionsNotBefore} />
              </Text>
            )}
          </Stack>
          <AdminActions admin={data} />
          <Held admin={data} />
          {data.status !== 'removed' && <AdminForm key={data.id} admin={data} />}
        </Stack>
      )}
    </Drawer>
  );
}
