import { Badge, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../api/schema.gen.ts';
import { useVerdict } from '../../api/use-me.ts';
import { PermissionList } from '../access/roles/permission-list.tsx';
import { ServiceName } from '../access/service-name.tsx';

type MyGrant = Me['grants'][number];

/** Where a grant holds; whoever may not see the service is shown its id. */
function Where({ serviceId }: Pick<MyGrant, 'serviceId'>) {
  const { t } = useTranslation('access');
  const allowed = useVerdict()('GET /v1/admin/services/{id}', serviceId ?? undefined).allowed;
  if (serviceId === null) return t('everywhere');
  return allowed ? <ServiceName id={serviceId} /> : <code>{serviceId}</code>;
}

/** What one may do: everywhere, and for single services. */
export function MyPermissions({ me }: { me: Me }) {
  const { t } = useTranslation('access');
  const places = Map.groupBy(me.grants, ({ serviceId }) => serviceId);
  return (
    <Stack component="section" aria-label={t('me.permissions')} gap="sm">
      <Title order={2}>{t('me.permissions')}</Title>
      {places.size === 0 && <Text>{t('me.nothing')}</Text>}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {[...places].map(([serviceId, grants]) => (
          <Paper key={serviceId ?? 'everywhere'} withBorder p="md" data-service={serviceId ?? 'everywhere'}>
            <Stack gap="xs">
              <Title order={3}>
                <Where serviceId={serviceId} />
              </Title>
              <Group gap={6}>
                <Text size="sm">{t('me.roles')}</Text>
                {grants.map(({ role }) => (
                  <Badge key={role} variant="default" tt="none">
                    {role}
                  </Badge>
                ))}
              </Group>
              <PermissionList permissions={grants.flatMap(({ permissions }) => permissions)} order={4} />
            </Stack>
          </Paper>
        ))}
      </SimpleGrid>
    </Stack>
  );
}
