import { Badge, Button, Group, Stack, Text, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { InstantField } from '../../components/instant-field.tsx';
import { Time, useNow } from '../../components/time.tsx';
import { useFormat } from '../../i18n/format.ts';
import { usePreferences } from '../../shell/preferences.ts';

const HOUR_MS = 3_600_000;
const UNITS = { minute: 60_000, hour: HOUR_MS, day: 24 * HOUR_MS };
const SOON = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS };

/** Whether it counts no more, by the clock of the page: it goes on while the page is open. */
export function useExpired(): (entry: { expiresAt: string | null; expired: boolean }) => boolean {
  const now = useNow();
  return ({ expiresAt, expired }) => expired || (expiresAt !== null && new Date(expiresAt).getTime() <= now);
}

/** What is left, rounded up, in a unit that still tells something: not "tomorrow" for what ends in a day and a half. */
function Countdown({ at }: { at: string }) {
  const { language } = usePreferences();
  const { time } = useFormat();
  const left = new Date(at).getTime() - useNow();
  const unit = left < 2 * HOUR_MS ? 'minute' : left < 3 * SOON.day ? 'hour' : 'day';
  const shown = new Intl.RelativeTimeFormat(language).format(Math.ceil(left / UNITS[unit]), unit);
  return (
    <Tooltip label={time(at)}>
      <time dateTime={at}>{shown}</time>
    </Tooltip>
  );
}

/** When a tester's time is up: never, in some hours, or already. */
export function Expiry({ entry }: { entry: { expiresAt: string | null; expired: boolean } }) {
  const { t } = useTranslation('service');
  const isExpired = useExpired();
  if (entry.expiresAt === null) return t('testers.never');
  if (!isExpired(entry)) return <Countdown at={entry.expiresAt} />;
  return (
    <Group gap={6} wrap="nowrap" h={37}>
      <Badge variant="default" size="sm" flex="none">
        {t('testers.expired')}
      </Badge>
      <Time at={entry.expiresAt} />
    </Group>
  );
}

interface ExpiryFieldProps {
  value?: string;
  onChange: (at: string) => void;
  error?: React.ReactNode;
}

export function ExpiryField({ value = '', onChange, error }: ExpiryFieldProps) {
  const { t } = useTranslation('service');
  return (
    <Stack gap={6}>
      <InstantField
        label={t('testers.expiresAt')}
        description={t('testers.expiresHint')}
        value={value}
        onChange={onChange}
        error={error}
      />
      <Group gap="xs">
        <Text size="sm">{t('testers.soon')}</Text>
        {(['hour', 'day', 'week'] as const).map((each) => (
          <Button
            key={each}
            size="compact-sm"
            variant="default"
            onClick={() => onChange(new Date(Date.now() + SOON[each]).toISOString())}
          >
            {t(`testers.${each}`)}
          </Button>
        ))}
      </Group>
    </Stack>
  );
}
