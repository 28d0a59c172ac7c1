import { ActionIcon, Button, Checkbox, Popover, Stack } from '@mantine/core';
import { IconColumns } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ColumnChoice } from './columns-button.tsx';

/** Opens as soon as it is here: somebody asked for it. */
export function ColumnsMenu({ label, columns, shown, onToggle, onReset }: ColumnChoice) {
  const { t } = useTranslation();
  const count = columns.filter(({ id }) => shown[id]).length;
  return (
    <Popover position="bottom-end" defaultOpened trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={label}>
          <IconColumns size={18} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <Stack gap="xs">
          {columns.map(({ id, header }) => (
            <Checkbox
              key={id}
              size="sm"
              label={header}
              checked={shown[id] ?? true}
              // A table without a column is no table.
              disabled={count === 1 && shown[id] === true}
              onChange={(event) => onToggle(id, event.currentTarget.checked)}
            />
          ))}
          <Button size="compact-sm" variant="subtle" onClick={onReset}>
            {t('table.reset')}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
