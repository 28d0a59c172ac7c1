import { Group, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../../api/use-api.ts';
import { useFilters } from '../../../api/use-filters.ts';
import { NoPermission } from '../../../components/empty.tsx';
import { GuardedButton } from '../../../components/guarded.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { RoleMatrix } from './role-matrix.tsx';

const RoleForm = lazy(() => import('./role-form.tsx').then(({ RoleForm }) => ({ default: RoleForm })));
const RoleDialog = lazy(() => import('./role-dialog.tsx').then(({ RoleDialog }) => ({ default: RoleDialog })));

/** More than anybody has; a role is a column. */
const MOST = 200;

/** Which role may do what. */
export function RolesView() {
  const { t } = useTranslation('access');
  const [{ role }, setFilters] = useFilters();
  const [creating, create] = useDisclosure();
  const { data, error, refetch } = useRead('GET /v1/admin/roles', { query: { limit: MOST } });
  if (!data && error?.status === 403) return <NoPermission problem={error} />;
  if (!data && error) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={480} />;
  const open = data.items.find(({ id }) => id === role);
  const close = () => setFilters({ role: undefined });
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {t('role.hint')}
        </Text>
        <GuardedButton route="POST /v1/admin/roles" onClick={create.open}>
          {t('role.new')}
        </GuardedButton>
      </Group>
      {error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      <RoleMatrix roles={data.items} onOpen={(id) => setFilters({ role: id })} />
      <Suspense>
        {creating && <RoleForm onClose={create.close} />}
        {open && !open.builtIn && <RoleForm key={open.id} role={open} onClose={close} />}
        {open?.builtIn && <RoleDialog role={open} onClose={close} />}
      </Suspense>
    </Stack>
  );
}
