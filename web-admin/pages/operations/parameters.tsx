import { Code, Stack, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../api/schema.gen.ts';
import { Copyable } from '../../components/copyable.tsx';
import { useNames } from '../../components/schema-form/texts.ts';

/** What it is about and how it was to be done, as it was asked for. */
export function Parameters({ operation }: { operation: Operation }) {
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  const names = useNames();
  const shown = (value: unknown): string => {
    if (typeof value === 'boolean') return shell(value ? 'yes' : 'no');
    if (value === null) return shell('none');
    return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
  };
  const { targetType, targetId, parameters, scheduleId } = operation;
  return (
    <Stack gap="xs">
      <Table verticalSpacing={4}>
        <Table.Tbody>
          <Table.Tr>
            <Table.Th scope="row">{t('asked.target')}</Table.Th>
            <Table.Td>
              {names.target(targetType)} {targetId && <Copyable value={targetId} />}
            </Table.Td>
          </Table.Tr>
          {Object.entries(parameters).map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{names.field(name)}</Table.Th>
              <Table.Td>
                <Code style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{shown(value)}</Code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {scheduleId && (
        <Text size="sm">
          <Link to="/operations" search={{ schedule: scheduleId }}>
            {t('asked.schedule')}
          </Link>
        </Text>
      )}
    </Stack>
  );
}
