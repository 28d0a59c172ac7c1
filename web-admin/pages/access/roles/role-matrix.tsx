import { Box, Button, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { Role } from '../../../api/schema.gen.ts';
import { GROUP_NAMES, PERMISSION_GROUPS, type Permission } from '../permissions.ts';
import classes from './role-matrix.module.css';

interface RoleMatrixProps {
  roles: Role[];
  onOpen: (roleId: string) => void;
}

function Cell({ role, permission }: { role: Role; permission: Permission }) {
  const { t } = useTranslation();
  const held = role.permissions.includes(permission);
  return (
    <Table.Td ta="center" data-held={held}>
      {held ? (
        <IconCheck size={18} aria-hidden />
      ) : (
        <Text span c="dimmed" aria-hidden>
          ·
        </Text>
      )}
      <VisuallyHidden>{t(held ? 'yes' : 'no')}</VisuallyHidden>
    </Table.Td>
  );
}

/** Permissions beside roles, the strongest role first. */
export function RoleMatrix({ roles, onOpen }: RoleMatrixProps) {
  const { t } = useTranslation('access');
  return (
    <Box
      tabIndex={0}
      role="region"
      aria-label={t('views.roles')}
      style={{
        position: 'relative',
        overflow: 'auto',
        maxHeight: 'calc(100dvh - 230px)',
        border: '1px solid var(--steward-line)',
      }}
    >
      <Table stickyHeader className={classes.matrix} aria-label={t('views.roles')}>
        <Table.Thead style={{ zIndex: 2 }}>
          <Table.Tr>
            <Table.Th scope="col">{t('role.permission')}</Table.Th>
            {roles.map(({ id, name, builtIn }) => (
              <Table.Th key={id} scope="col" ta="center">
                <Stack gap={2} align="center">
                  <Button variant="subtle" size="compact-sm" onClick={() => onOpen(id)}>
                    <code>{name}</code>
                  </Button>
                  {builtIn && (
                    <Text size="xs" c="dimmed" fw={400}>
                      {t('role.builtIn')}
                    </Text>
                  )}
                </Stack>
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {GROUP_NAMES.map((group) => (
            <Fragment key={group}>
              <Table.Tr>
                <Table.Th scope="colgroup" colSpan={roles.length + 1} className={classes.group}>
                  <span>{t(`permissionGroup.${group}`)}</span>
                </Table.Th>
              </Table.Tr>
              {PERMISSION_GROUPS[group].map((permission) => (
                <Table.Tr key={permission} data-permission={permission}>
                  <Table.Th scope="row" className={classes.permission}>
                    {t(`permission.${permission}`)}
                    <Text size="xs" c="dimmed" component="div">
                      <code>{permission}</code>
                    </Text>
                  </Table.Th>
                  {roles.map((role) => (
                    <Cell key={role.id} role={role} permission={permission} />
                  ))}
                </Table.Tr>
              ))}
            </Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}
