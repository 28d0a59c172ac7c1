import { Code, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Export } from '../../api/schema.gen.ts';
import { Copyable } from '../../components/copyable.tsx';
import { Countdown } from '../../components/countdown.tsx';
import { useNames } from '../../components/schema-form/texts.ts';
import { valuesOf } from '../../components/schema-form/values.ts';
import { Time } from '../../components/time.tsx';
import { useAdminNames } from '../../components/use-admin-names.ts';
import { useFormat } from '../../i18n/format.ts';

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{label}</Table.Th>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>{children ?? <Text c="dimmed">—</Text>}</Table.Td>
    </Table.Tr>
  );
}

/** What the file is, and how long it stays. */
export function FileFacts({ exported }: { exported: Export }) {
  const { t } = useTranslation('exports');
  const { number, bytes } = useFormat();
  const { phase, expiresAt, sha256, finishedAt, fileFormat, compression } = exported;
  return (
    <Table verticalSpacing={4}>
      <Table.Tbody>
        <Fact label={t('column.format')}>
          <code>{compression === 'gzip' ? `${fileFormat}.gz` : fileFormat}</code>
        </Fact>
        <Fact label={t('column.rows')}>{number(exported.rowsDone)}</Fact>
        <Fact label={t('column.size')}>{bytes(exported.bytesDone)}</Fact>
        <Fact label={t('fact.sha256')}>{sha256 && <Copyable value={sha256} shown={`${sha256.slice(0, 24)}…`} />}</Fact>
        <Fact label={t('fact.finished')}>{finishedAt && <Time at={finishedAt} absolute />}</Fact>
        <Fact label={t('column.expires')}>
          {expiresAt &&
            (phase === 'ready' ? (
              <Countdown until={expiresAt} over={t('phase.expired')} />
            ) : (
              <Time at={expiresAt} absolute />
            ))}
        </Fact>
      </Table.Tbody>
    </Table>
  );
}

/** What was asked for, by whom. */
export function Asked({ exported }: { exported: Export }) {
  const { t } = useTranslation('exports');
  const nameOf = useAdminNames();
  const names = useNames();
  return (
    <>
      <Table verticalSpacing={4}>
        <Table.Tbody>
          <Fact label={t('column.who')}>{nameOf(exported.requestedBy)}</Fact>
          <Fact label={t('column.created')}>
            <Time at={exported.createdAt} absolute />
          </Fact>
          <Fact label={t('fact.cutoff')}>
            <Time at={exported.cutoff} absolute />
          </Fact>
          {Object.entries(valuesOf(exported.parameters)).map(([name, value]) => (
            <Fact key={name} label={names.field(name)}>
              <Code>{typeof value === 'string' ? value : JSON.stringify(value)}</Code>
            </Fact>
          ))}
        </Table.Tbody>
      </Table>
      {exported.scheduleId && (
        <Text size="sm" mt="xs">
          <Link to="/exports" search={{ schedule: exported.scheduleId }}>
            {t('ofSchedule')}
          </Link>
        </Text>
      )}
    </>
  );
}
