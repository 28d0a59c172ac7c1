import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** What is known of one thing, names and values beside each other. What is undefined is left out, what is null is known to be nothing. */
export function Facts({ facts, label }: { facts: Record<string, ReactNode>; label: string }) {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return (
    <Table variant="vertical" layout="fixed" aria-label={label}>
      <Table.Tbody>
        {known.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" w={140} fw={500}>
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{value ?? '–'}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
