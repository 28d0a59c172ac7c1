import { Alert, Badge, Group, List, Stack, Table, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OperationPlan } from '../../api/schema.gen.ts';
import { useMe } from '../../api/use-me.ts';
import { Copyable, shortId } from '../../components/copyable.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useFlagText, useKindText } from './type-texts.ts';

/** What an operation will do: how many, which ones, what to know, what comes back. */
export function PlanView({ plan }: { plan: OperationPlan }) {
  const { t } = useTranslation('operations');
  const { number } = useFormat();
  const kindText = useKindText();
  return (
    <Stack>
      <Group gap="lg" align="baseline">
        <Text size="xl" fw={600}>
          {t('plan.count', { count: plan.itemsTotal })}
        </Text>
        {Object.entries(plan.kinds).map(([kind, count]) => (
          <Text key={kind} size="sm">
            {kindText(kind)}: <b>{number(count)}</b>
          </Text>
        ))}
        {plan.hash && (
          <Group gap={6}>
            <Text size="sm" c="dimmed">
              {t('plan.hash')}
            </Text>
            <Copyable value={plan.hash} shown={plan.hash.slice(0, 12)} />
          </Group>
        )}
      </Group>
      <Warnings plan={plan} />
      <Undo undo={plan.undo} />
      {plan.sample.length > 0 && <Sample plan={plan} />}
    </Stack>
  );
}

function Warnings({ plan }: { plan: OperationPlan }) {
  const { t } = useTranslation('operations');
  const { data: me } = useMe();
  const isMine = plan.sample.some(({ flag, id }) => flag === 'own_session' || flag === 'self' || id === me?.sessionId);
  if (plan.warnings.length === 0 && !isMine) return null;
  return (
    <Alert color="orange" variant="light" icon={<IconAlertTriangle aria-hidden />} title={t('plan.warnings')}>
      <List size="sm">
        {isMine && <List.Item fw={600}>{t('plan.mine')}</List.Item>}
        {plan.warnings.map((warning) => (
          <List.Item key={warning} dir="auto">
            {warning}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Undo({ undo }: Pick<OperationPlan, 'undo'>) {
  const { t } = useTranslation('operations');
  const { list } = useFormat();
  const kindText = useKindText();
  const back = Object.entries(undo).flatMap(([kind, can]) => (can === true ? [kindText(kind)] : []));
  const lost = Object.entries(undo).flatMap(([kind, can]) => (can === true ? [] : [kindText(kind)]));
  return (
    <Text size="sm" c="dimmed">
      {back.length > 0 && t('plan.undoes', { kinds: list(back) })}{' '}
      {lost.length > 0 && t('plan.stays', { kinds: list(lost) })}
    </Text>
  );
}

function Sample({ plan }: { plan: OperationPlan }) {
  const { t } = useTranslation('operations');
  const { number } = useFormat();
  const kindText = useKindText();
  const flagText = useFlagText();
  const shown = plan.sample.length;
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table withTableBorder verticalSpacing={4}>
        <Table.Caption>
          {shown < plan.itemsTotal
            ? t('plan.first', { shown: number(shown), total: number(plan.itemsTotal) })
            : t('plan.every')}
        </Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('item.label')}</Table.Th>
            <Table.Th scope="col">{t('item.kind')}</Table.Th>
            <Table.Th scope="col">{t('item.id')}</Table.Th>
            <Table.Th scope="col">{t('item.remark')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {plan.sample.map(({ kind, id, label, flag }) => (
            <Table.Tr key={`${kind} ${id}`}>
              <Table.Td>{label}</Table.Td>
              <Table.Td>{kindText(kind)}</Table.Td>
              <Table.Td>
                <Copyable value={id} shown={id.length > 12 ? shortId(id) : id} />
              </Table.Td>
              <Table.Td>
                {flag && (
                  <Badge variant="default" tt="none">
                    {flagText(flag)}
                  </Badge>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
