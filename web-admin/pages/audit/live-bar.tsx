import { Button, Group, Switch, Text, Tooltip } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useAuditEvent } from '../../hooks/index.ts';
import type { LiveTail } from './use-live-tail.ts';

interface LiveBarProps {
  tail: LiveTail;
  on: boolean;
  /** The query has an end in time: nothing new can match it. */
  hasEnd: boolean;
  paused: boolean;
  onSwitch: (on: boolean) => void;
  /** To the top of the list, where new records come in. */
  onTop: () => void;
}

/** The switch for the live stream, and what it does at the moment. */
export function LiveBar({ tail, on, hasEnd, paused, onSwitch, onTop }: LiveBarProps) {
  const { t } = useTranslation('audit');
  const { trackButtonClick } = useAuditEvent();
  const { state, waiting } = tail;
  return (
    <Group gap="sm">
      <Tooltip label={t('live.noEnd')} disabled={!hasEnd} multiline maw={320}>
        <div>
          <Switch
            label={t('live.switch')}
            description={hasEnd ? t('live.noEnd') : undefined}
            checked={on}
            disabled={hasEnd}
            onChange={(event) => {
              trackButtonClick('audit-live');
              onSwitch(event.currentTarget.checked);
            }}
          />
        </div>
      </Tooltip>
      {state !== 'off' && (
        <Text size="sm" c="dimmed" role="status" data-live={state}>
          {t(paused && state === 'on' ? 'live.pausedBy' : `live.${state}`)}
        </Text>
      )}
      {(state === 'lost' || state === 'over') && (
        <Button size="compact-sm" variant="default" onClick={tail.restart}>
          {t('live.resume')}
        </Button>
      )}
      {waiting > 0 && (
        <Button
          size="compact-sm"
          leftSection={<IconArrowUp size={14} aria-hidden />}
          aria-label={t('live.goTop', { label: t('live.new', { count: waiting }) })}
          onClick={onTop}
        >
          {t('live.new', { count: waiting })}
        </Button>
      )}
      {tail.dropped && (
        <Text size="sm" c="dimmed">
          {t('live.dropped')}
        </Text>
      )}
    </Group>
  );
}
