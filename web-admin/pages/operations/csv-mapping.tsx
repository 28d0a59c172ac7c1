import { Code, Select, SimpleGrid, Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { CsvHead } from './csv-head.ts';

/** Which column of the file is which field, with its first lines. */
export function Mapping({
  head,
  wanted,
  mapping,
  onChange,
}: {
  head: CsvHead;
  wanted: string[];
  mapping: Record<string, string>;
  onChange: (mapping: Record<string, string>) => void;
}) {
  const { t } = useTranslation('operations');
  const columns = [...new Set(head.columns)].filter((column) => column !== '');
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {wanted.map((field) => (
          <Select
            key={field}
            label={t('upload.columnOf', { field })}
            data={columns}
            required
            value={mapping[field] ?? null}
            error={mapping[field] ? undefined : t('upload.noColumn')}
            onChange={(column) => onChange({ ...mapping, [field]: column ?? '' })}
          />
        ))}
      </SimpleGrid>
      <Table.ScrollContainer minWidth={420}>
        <Table withTableBorder verticalSpacing={2}>
          <Table.Caption>{t('upload.first')}</Table.Caption>
          <Table.Thead>
            <Table.Tr>
              {head.columns.map((column, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns of a file may be called the same
                <Table.Th key={at} scope="col">
                  {column}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {head.lines.map((cells, row) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name but their place
              <Table.Tr key={row}>
                {cells.map((cell, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: cells neither
                  <Table.Td key={at}>
                    <Code>{cell}</Code>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
