import { Group, Progress, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useDuration } from '../i18n/duration.ts';
import { useFormat } from '../i18n/format.ts';

interface LiveProgressProps {
  label: string;
  done: number;
  /** null: not counted yet. */
  total: number | null;
  /** 0 to 100. */
  percent: number | null;
  perSecond: number | null;
  etaSeconds: number | null;
  /** Something is being done right now. */
  working: boolean;
  color?: string;
}

/** How far something is, how fast it goes and when it will be done. */
export function LiveProgress({
  label,
  done,
  total,
  percent,
  perSecond,
  etaSeconds,
  working,
  color,
}: LiveProgressProps) {
  const { t } = useTranslation('forms');
  const { number, percent: share } = useFormat();
  const duration = useDuration();
  const counted =
    total === null
      ? t('progress.done', { done: number(done) })
      : t('progress.of', { done: number(done), total: number(total) });
  return (
    <Stack gap={4}>
      <Progress.Root size="lg">
        <Progress.Section
          value={percent ?? 0}
          animated={working}
          color={color}
          // Its own would be put over these, and say the percentage only.
          withAria={false}
          role="progressbar"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent ?? 0}
          aria-valuetext={percent === null ? counted : `${share(percent / 100)}, ${counted}`}
        />
      </Progress.Root>
      <Group gap="md" justify="space-between">
        <Text size="sm">
          {percent !== null && <b>{share(percent / 100)} </b>}
          {counted}
        </Text>
        <Text size="sm" c="dimmed">
          {[
            perSecond === null ? null : t('progress.rate', { rate: number(Math.round(perSecond)) }),
            working && etaSeconds !== null ? t('progress.eta', { eta: duration(etaSeconds) }) : null,
          ]
            .filter((each) => each !== null)
            .join(' · ')}
        </Text>
      </Group>
    </Stack>
  );
}
