import { Button, Code, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditLog, AuditLogChange } from '../../api/schema.gen.ts';
import classes from './audit.module.css';

const WholeStates = lazy(() => import('./whole-states.tsx'));
const REDACTED = '[redacted]';

function State({ value }: { value: unknown }) {
  const { t } = useTranslation('audit');
  if (value === REDACTED) return <span className={classes.redacted}>{t('record.redacted')}</span>;
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <Code className={`${classes.changed} ltr`} style={{ textAlign: 'start' }}>
      {text === '' ? '""' : text}
    </Code>
  );
}

const holdsRedacted = ({ before, after }: AuditLogChange) => before === REDACTED || after === REDACTED;

/** `/nested/0/enabled` as it is said: `nested.0.enabled`. */
const nameOf = (pointer: string) =>
  pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');

function Row({ change }: { change: AuditLogChange }) {
  const { t } = useTranslation('audit');
  const { path, kind, before, after } = change;
  return (
    <Table.Tr data-change={path}>
      <Table.Th scope="row" style={{ overflowWrap: 'anywhere' }}>
        <code>{path === '' ? t('record.whole_state') : nameOf(path)}</code>
        <Text size="xs" c="dimmed">
          {t(`record.kind.${kind}`)}
        </Text>
      </Table.Th>
      <Table.Td>{kind === 'added' ? <span aria-hidden>–</span> : <State value={before} />}</Table.Td>
      <Table.Td>{kind === 'removed' ? <span aria-hidden>–</span> : <State value={after} />}</Table.Td>
    </Table.Tr>
  );
}

/** What differs, field by field; and the whole states on demand. */
export function Changes({ record }: { record: AuditLog }) {
  const { t } = useTranslation('audit');
  const [whole, { toggle }] = useDisclosure();
  const { before, after, changes, changesTruncated } = record;
  if ((before ?? null) === null && (after ?? null) === null) return <Text size="sm">{t('record.noChanges')}</Text>;
  return (
    <Stack gap="xs" align="stretch">
      <Text size="sm">
        {changes.length === 0 ? t('record.same') : t('record.changes', { count: changes.length })}
        {changesTruncated && ` ${t('record.truncated')}`}
      </Text>
      {changes.length > 0 && (
        <Table.ScrollContainer minWidth={420}>
          <Table layout="fixed" verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('record.field')}</Table.Th>
                <Table.Th scope="col">{t('record.before')}</Table.Th>
                <Table.Th scope="col">{t('record.after')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {changes.map((change) => (
                <Row key={`${change.kind} ${change.path}`} change={change} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {changes.some(holdsRedacted) && (
        <Text size="xs" c="dimmed">
          {t('record.redactedHint')}
        </Text>
      )}
      <Button size="compact-sm" variant="default" aria-expanded={whole} onClick={toggle} style={{ alignSelf: 'start' }}>
        {t('record.whole')}
      </Button>
      {whole && (
        <Suspense fallback={<Skeleton height={200} />}>
          <WholeStates before={before ?? null} after={after ?? null} />
        </Suspense>
      )}
    </Stack>
  );
}
