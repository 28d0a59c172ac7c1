import { Checkbox, SimpleGrid, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { EVENT_GROUPS, type EventGroup } from './events.ts';

interface EventChoiceProps {
  value: string[];
  onChange: (events: string[]) => void;
  error?: React.ReactNode;
  disabled?: boolean;
}

/** Of which events a channel is told. */
export function EventChoice({ value, onChange, error, disabled = false }: EventChoiceProps) {
  const { t } = useTranslation('observability');
  return (
    <Checkbox.Group label={t('channel.events')} withAsterisk value={value} onChange={onChange} error={error}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} mt="xs">
        {(Object.keys(EVENT_GROUPS) as EventGroup[]).map((group) => (
          <Stack key={group} gap={6}>
            <Text size="sm" fw={500}>
              {t(`eventGroup.${group}`)}
            </Text>
            {EVENT_GROUPS[group].map((event) => (
              <Checkbox
                key={event}
                value={event}
                label={t(`event.${event}`)}
                description={<code>{event}</code>}
                disabled={disabled}
              />
            ))}
          </Stack>
        ))}
      </SimpleGrid>
    </Checkbox.Group>
  );
}
