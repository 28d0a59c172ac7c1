import { Stack, Table, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ServiceAnalytics } from '../../api/schema.gen.ts';
import { useFormat } from '../../i18n/format.ts';

/** What was done most often; each leads to its records. */
export function AnalyticsActions({ analytics }: { analytics: ServiceAnalytics }) {
  const { t } = useTranslation('service');
  const { number } = useFormat();
  const { serviceId, range, topActions } = analytics;
  return (
    <Stack gap="xs">
      <Title order={2} size="h3">
        {t('analytics.topActions')}
      </Title>
      {topActions.length === 0 ? (
        <Text c="dimmed">{t('analytics.noActions')}</Text>
      ) : (
        <Table.ScrollContainer minWidth={420}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('analytics.action')}</Table.Th>
                {(['success', 'denied', 'failure'] as const).map((outcome) => (
                  <Table.Th key={outcome} scope="col" ta="end">
                    {t(`outcome.${outcome}`)}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {topActions.map(({ action, outcomes }) => (
                <Table.Tr key={action}>
                  <Table.Th scope="row" fw={400}>
                    <Link to="/audit" search={{ serviceId, action, from: range.from, to: range.to }}>
                      <code>{action}</code>
                    </Link>
                  </Table.Th>
                  <Table.Td ta="end">{number(outcomes.success)}</Table.Td>
                  <Table.Td ta="end">{number(outcomes.denied)}</Table.Td>
                  <Table.Td ta="end">{number(outcomes.failure)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}
