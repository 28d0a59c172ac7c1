import { Stack, Table, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../api/schema.gen.ts';
import { Copyable } from '../../components/copyable.tsx';
import { Time } from '../../components/time.tsx';

export function Identity({ me }: { me: Me }) {
  const { t } = useTranslation('access');
  const facts = {
    [t('admin.name')]: me.name,
    [t('admin.email')]: <span className="ltr">{me.email}</span>,
    [t('admin.subject')]: <Copyable value={me.subject} />,
    [t('id')]: <Copyable value={me.id} />,
    [t('me.sessionEnds')]: <Time at={me.sessionExpiresAt} />,
  };
  return (
    <Stack gap="xs" component="section" aria-label={t('me.who')}>
      <Title order={2}>{t('me.who')}</Title>
      <Table variant="vertical" layout="fixed" aria-label={t('me.who')}>
        <Table.Tbody>
          {Object.entries(facts).map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" w={150} fw={500}>
                {name}
              </Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
