import { Chip, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { cronProblem, normaliseCron, runsAfter } from '../../../domain/schedules/cron.ts';
import { Time, useNow } from '../time.tsx';
import { useCronSentence } from './cron-sentence.tsx';
import { ownTimeZone } from './zone.ts';

const PRESETS = {
  hourly: '0 * * * *',
  daily: '0 6 * * *',
  workdays: '0 6 * * 1-5',
  weekly: '0 6 * * 1',
  monthly: '0 6 1 * *',
} as const;
const SHOWN_RUNS = 3;

interface CronFieldsProps {
  cron: string;
  timeZone: string;
  onChange: (next: { cron: string; timeZone: string }) => void;
  error?: string;
}

/** The next times by an expression, with what it says in words. */
function Preview({ cron, timeZone }: { cron: string; timeZone: string }) {
  const { t } = useTranslation('forms');
  const sentence = useCronSentence();
  const now = useNow();
  const runs = useMemo(() => runsAfter(cron, timeZone, now, SHOWN_RUNS), [cron, timeZone, now]);
  return (
    <Stack gap={2} role="status">
      <Text size="sm">{`${sentence(cron)} (${timeZone})`}</Text>
      <Text size="sm" c="dimmed" component="div">
        {t('cron.next')}{' '}
        {runs.map((at, i) => (
          <span key={at}>
            {i > 0 && ' · '}
            <Time at={new Date(at).toISOString()} absolute />
          </span>
        ))}
      </Text>
    </Stack>
  );
}

/** When something comes again and again. */
export function CronFields({ cron, timeZone, onChange, error }: CronFieldsProps) {
  const { t } = useTranslation('forms');
  const written = normaliseCron(cron);
  const isWrong = cronProblem(written) !== null;
  const zones = useMemo(() => [...new Set(['UTC', ownTimeZone(), ...Intl.supportedValuesOf('timeZone')])], []);
  const preset = (Object.keys(PRESETS) as (keyof typeof PRESETS)[]).find((each) => PRESETS[each] === written);
  return (
    <Stack gap="xs">
      <Chip.Group
        value={preset ?? ''}
        onChange={(next) => onChange({ cron: PRESETS[next as keyof typeof PRESETS], timeZone })}
      >
        <Group gap="xs" role="radiogroup" aria-label={t('cron.presets')}>
          {(Object.keys(PRESETS) as (keyof typeof PRESETS)[]).map((each) => (
            <Chip key={each} value={each} size="xs" variant="outline">
              {t(`cron.preset.${each}`)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Group align="flex-start" grow preventGrowOverflow={false} wrap="wrap">
        <TextInput
          label={t('cron.label')}
          description={t('cron.hint')}
          required
          autoComplete="off"
          classNames={{ input: 'ltr' }}
          value={cron}
          error={error ?? (isWrong ? t('cron.wrong') : undefined)}
          onChange={(event) => onChange({ cron: event.currentTarget.value, timeZone })}
        />
        <Select
          label={t('cron.timeZone')}
          description={t('cron.timeZoneHint')}
          data={zones}
          value={timeZone}
          searchable
          allowDeselect={false}
          limit={50}
          nothingFoundMessage={t('picker.nothing')}
          onChange={(next) => onChange({ cron, timeZone: next ?? 'UTC' })}
        />
      </Group>
      {!isWrong && <Preview cron={written} timeZone={timeZone} />}
    </Stack>
  );
}
