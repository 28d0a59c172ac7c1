import { List, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { GROUP_NAMES, PERMISSION_GROUPS } from '../permissions.ts';

interface PermissionListProps {
  permissions: readonly string[];
  /** The level of the headings. */
  order: 3 | 4;
}

/** Permissions in words, by what they are about. */
export function PermissionList({ permissions, order }: PermissionListProps) {
  const { t } = useTranslation('access');
  if (permissions.length === 0) return <Text size="sm">{t('role.nothing')}</Text>;
  return (
    <Stack gap="xs">
      {GROUP_NAMES.map((group) => {
        const held = PERMISSION_GROUPS[group].filter((each) => permissions.includes(each));
        if (held.length === 0) return null;
        return (
          <div key={group}>
            <Title order={order} size="h5">
              {t(`permissionGroup.${group}`)}
            </Title>
            <List size="sm">
              {held.map((permission) => (
                <List.Item key={permission}>
                  {t(`permission.${permission}`)}{' '}
                  <Text span size="xs" c="dimmed">
                    <code>{permission}</code>
                  </Text>
                </List.Item>
              ))}
            </List>
          </div>
        );
      })}
    </Stack>
  );
}
