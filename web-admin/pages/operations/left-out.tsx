import { Alert, Stack, Table, Text } from '@mantine/core';
import { IconFileAlert } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OperationUpload } from '../../api/schema.gen.ts';
import { useFormat } from '../../i18n/format.ts';

type Told = OperationUpload['file'];
const keyOf = (operationId: string) => `steward-upload-${operationId}`;

/** What the answer to an upload told of its file: the server tells it once, the page of the operation shows it. */
export function keepTold(operationId: string, file: Told): void {
  if (file.errorCount > 0 || file.ignoredColumns.length > 0)
    sessionStorage.setItem(keyOf(operationId), JSON.stringify(file));
}

/** Of an operation whose file had lines that were left out. */
export function LeftOut({ operationId }: { operationId: string }) {
  const { t } = useTranslation('operations');
  const { list } = useFormat();
  const kept = sessionStorage.getItem(keyOf(operationId));
  if (kept === null) return null;
  const file = JSON.parse(kept) as Told;
  return (
    <Alert
      color="orange"
      variant="light"
      icon={<IconFileAlert aria-hidden />}
      title={t('upload.leftOut', { count: file.rows - file.accepted })}
    >
      <Stack gap="xs">
        {file.ignoredColumns.length > 0 && (
          <Text size="sm">{t('upload.ignored', { columns: list(file.ignoredColumns) })}</Text>
        )}
        {file.errors.length > 0 && <LineErrors errors={file.errors} />}
      </Stack>
    </Alert>
  );
}

/** What is wrong with which line. */
export function LineErrors({ errors }: { errors: { line: number | string; column: string | null; reason: string }[] }) {
  const { t } = useTranslation('operations');
  return (
    <Table.ScrollContainer minWidth={360} mah={320}>
      <Table verticalSpacing={2} aria-label={t('upload.errors')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('upload.line')}</Table.Th>
            <Table.Th scope="col">{t('upload.column')}</Table.Th>
            <Table.Th scope="col">{t('upload.reason')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {errors.map(({ line, column, reason }) => (
            <Table.Tr key={`${line} ${column} ${reason}`}>
              <Table.Td>{line}</Table.Td>
              <Table.Td>{column && <code>{column}</code>}</Table.Td>
              <Table.Td dir="auto">{reason}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
