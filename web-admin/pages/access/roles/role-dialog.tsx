import { Modal, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Role } from '../../../api/schema.gen.ts';
import { useFocusBack } from '../../../components/focus-back.ts';
import { PermissionList } from './permission-list.tsx';

/** A built-in role, which nobody changes. */
export function RoleDialog({ role, onClose }: { role: Role; onClose: () => void }) {
  useFocusBack();
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={<code>{role.name}</code>}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <Stack>
        <Text size="sm">{t('role.builtInHint')}</Text>
        <PermissionList permissions={role.permissions} order={3} />
        <Link to="/access" search={{ view: 'grants', role: role.id }}>
          {t('role.holders')}
        </Link>
      </Stack>
    </Modal>
  );
}
