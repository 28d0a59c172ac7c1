import { Checkbox, Fieldset, SimpleGrid, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../../api/use-me.ts';
import { GROUP_NAMES, PERMISSION_GROUPS } from '../permissions.ts';

interface PermissionChoiceProps {
  value: string[];
  onChange: (permissions: string[]) => void;
  error?: ReactNode;
}

/** Nobody gives what they do not hold everywhere; an owner gives everything. */
function useMayGive(): (permission: string) => boolean {
  const { data: me } = useMe();
  const owner = me?.grants.some(({ role, serviceId }) => role === 'owner' && serviceId === null) ?? false;
  return (permission) => owner || (me?.permissions.includes(permission) ?? false);
}

export function PermissionChoice({ value, onChange, error }: PermissionChoiceProps) {
  const { t } = useTranslation('access');
  const mayGive = useMayGive();
  return (
    <Checkbox.Group label={t('role.permissions')} value={value} onChange={onChange} error={error}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} mt="xs">
        {GROUP_NAMES.map((group) => (
          <Fieldset key={group} legend={t(`permissionGroup.${group}`)} p="xs">
            <Stack gap={8}>
              {PERMISSION_GROUPS[group].map((permission) => (
                <Checkbox
                  key={permission}
                  value={permission}
                  label={t(`permission.${permission}`)}
                  description={
                    mayGive(permission) || value.includes(permission) ? (
                      <code>{permission}</code>
                    ) : (
                      t('role.notYours', { permission })
                    )
                  }
                  disabled={!mayGive(permission) && !value.includes(permission)}
                />
              ))}
            </Stack>
          </Fieldset>
        ))}
      </SimpleGrid>
    </Checkbox.Group>
  );
}
