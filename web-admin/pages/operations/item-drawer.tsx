import { Code, Drawer, Group, Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { OperationItem } from '../../api/schema.gen.ts';
import { Copyable } from '../../components/copyable.tsx';
import { useFocusBack } from '../../components/focus-back.ts';
import { Time } from '../../components/time.tsx';
import { OutcomeText } from './outcome-text.tsx';
import { useKindText } from './type-texts.ts';

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const shown = (value: unknown) =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 1);

/** A target, what became of it, and how it was before. */
export default function ItemDrawer({ item, onClose }: { item: OperationItem; onClose: () => void }) {
  useFocusBack();
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  const kindText = useKindText();
  const [before, after] = [asObject(item.before), asObject(item.after)];
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={`${kindText(item.kind)}: ${item.label}`}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <Stack>
        <Group>
          <OutcomeText outcome={item.outcome} />
          {item.undoOutcome && (
            <OutcomeText outcome={item.undoOutcome === 'failed' ? 'undoFailed' : item.undoOutcome} />
          )}
          {item.doneAt && <Time at={item.doneAt} absolute />}
        </Group>
        <Copyable value={item.targetId} />
        {[item.error, item.undoError].map(
          (error) =>
            error && (
              <Text key={error} size="sm" dir="auto">
                {error}
              </Text>
            ),
        )}
        {fields.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('item.noState')}
          </Text>
        ) : (
          <Table.ScrollContainer minWidth={440}>
            <Table verticalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('item.field')}</Table.Th>
                  <Table.Th scope="col">{t('item.before')}</Table.Th>
                  <Table.Th scope="col">{t('item.after')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {fields.map((field) => {
                  const changed = field in after && shown(before[field]) !== shown(after[field]);
                  return (
                    <Table.Tr key={field} data-changed={changed}>
                      <Table.Th scope="row">
                        <code>{field}</code>
                        {changed && (
                          <Text size="xs" c="dimmed">
                            {t('item.changed')}
                          </Text>
                        )}
                      </Table.Th>
                      {[before[field], after[field]].map((value, at) => (
                        // biome-ignore lint/suspicious/noArrayIndexKey: before and after, always two
                        <Table.Td key={at}>
                          <Code style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{shown(value)}</Code>
                        </Table.Td>
                      ))}
                    </Table.Tr>
                  );
                })}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Stack>
    </Drawer>
  );
}
