import { Button, Code, Group, Modal, Radio, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

type Values = Record<string, unknown>;

export interface Conflict<State> {
  /** What was read before the change. */
  base: State;
  /** What was to be saved. */
  mine: State;
  /** What somebody else saved meanwhile. */
  theirs: State;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The fields on which the two differ, and whose of them only one of both changed. */
export function threeWays<State extends object>({ base, mine, theirs }: Conflict<State>) {
  const [was, my, their] = [base, mine, theirs] as unknown as Values[] as [Values, Values, Values];
  return Object.keys(my)
    .filter((field) => !same(my[field], their[field]))
    .map((field) => ({
      field,
      base: was[field],
      mine: my[field],
      theirs: their[field],
      both: !same(my[field], was[field]) && !same(their[field], was[field]),
      // What only they changed is theirs; what I changed is mine until I say otherwise.
      proposed: same(my[field], was[field]) ? ('theirs' as const) : ('mine' as const),
    }));
}

function Value({ value }: { value: unknown }) {
  const { t } = useTranslation();
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0))
    return <Text c="dimmed">{t('none')}</Text>;
  return (
    <Code>{typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : JSON.stringify(value)}</Code>
  );
}

interface MergeProps<State> {
  conflict: Conflict<State>;
  /** The name of a field as the form has it. */
  labelOf: (field: string) => string;
  onMerge: (merged: State) => void;
  onClose: () => void;
}

/** After a 412: theirs beside mine, and a choice for each field. */
export function MergeDialog<State extends object>({ conflict, labelOf, onMerge, onClose }: MergeProps<State>) {
  const { t } = useTranslation();
  const fields = threeWays(conflict);
  const [chosen, setChosen] = useState<Record<string, 'mine' | 'theirs'>>(() =>
    Object.fromEntries(fields.map(({ field, proposed }) => [field, proposed])),
  );
  const merged = () => {
    const taken = fields.map(({ field, mine, theirs }) => [field, chosen[field] === 'theirs' ? theirs : mine]);
    onMerge({ ...conflict.theirs, ...Object.fromEntries(taken) } as State);
  };
  return (
    <Modal opened onClose={onClose} size="xl" title={t('merge.title')} closeButtonProps={{ 'aria-label': t('close') }}>
      <Stack>
        <Text size="sm">{t('merge.hint')}</Text>
        <Table.ScrollContainer minWidth={480}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('merge.field')}</Table.Th>
                <Table.Th scope="col">{t('merge.base')}</Table.Th>
                <Table.Th scope="col">{t('merge.mine')}</Table.Th>
                <Table.Th scope="col">{t('merge.theirs')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {fields.map(({ field, base, mine, theirs, both }) => (
                <Table.Tr key={field} data-field={field}>
                  <Table.Th scope="row">
                    {labelOf(field)}
                    {both && (
                      <Text size="xs" c="dimmed">
                        {t('merge.both')}
                      </Text>
                    )}
                  </Table.Th>
                  <Table.Td>
                    <Value value={base} />
                  </Table.Td>
                  {(
                    [
                      ['mine', mine],
                      ['theirs', theirs],
                    ] as const
                  ).map(([whose, value]) => (
                    <Table.Td key={whose}>
                      <Radio
                        name={field}
                        checked={chosen[field] === whose}
                        onChange={() => setChosen((was) => ({ ...was, [field]: whose }))}
                        aria-label={`${labelOf(field)}: ${t(`merge.${whose}`)}`}
                        label={<Value value={value} />}
                      />
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button onClick={merged}>{t('merge.save')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
