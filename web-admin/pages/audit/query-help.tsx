import { List, Modal, Stack, Table, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFocusBack } from '../../components/focus-back.ts';
import { type View, VOCABULARY } from './query/vocabulary.ts';

const SENTENCES = ['and', 'not', 'quotes', 'words', 'star', 'time', 'id'] as const;

export default function QueryHelp({ view, onClose }: { view: View; onClose: () => void }) {
  useFocusBack();
  const { t } = useTranslation('audit');
  const { t: shell } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('help.title')}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <Stack>
        <Title order={3}>{t('help.syntax')}</Title>
        <List size="sm">
          {SENTENCES.map((each) => (
            <List.Item key={each}>{t(`help.${each}`)}</List.Item>
          ))}
        </List>
        <Title order={3}>{t('help.qualifiers')}</Title>
        <Table>
          <Table.Tbody>
            {Object.entries(VOCABULARY[view]).map(([name, { negatable }]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">
                  <code>
                    {negatable ? '-' : ''}
                    {name}:
                  </code>
                </Table.Th>
                <Table.Td>{t(`qualifier.${name as 'actor'}`)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Modal>
  );
}
