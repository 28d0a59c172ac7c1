import { Fieldset, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { InstantField } from '../../components/instant-field.tsx';
import { CronFields } from '../../components/schedule/cron-fields.tsx';

/** What a schedule has besides what it asks for. */
export interface ScheduleDraft {
  name: string;
  reason: string;
  isOnce: boolean;
  at: string;
  cron: string;
  timeZone: string;
}

/** As the API has it: either an instant or an expression. */
export const timesOf = ({ isOnce, at, cron, timeZone }: ScheduleDraft) =>
  isOnce ? { at: at || null, cron: null, timeZone: null } : { at: null, cron: cron.trim(), timeZone };

/** Names, when, and why. */
export function ScheduleFields({
  value,
  onChange,
  errors = {},
}: {
  value: ScheduleDraft;
  onChange: (next: Partial<ScheduleDraft>) => void;
  errors?: Record<string, string>;
}) {
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  return (
    <Stack>
      <TextInput
        label={t('schedule.name')}
        required
        maxLength={120}
        value={value.name}
        error={errors.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Fieldset legend={t('when')}>
        <Stack>
          <SegmentedControl
            aria-label={t('when')}
            data={[
              { value: 'again', label: t('schedule.again') },
              { value: 'once', label: t('schedule.once') },
            ]}
            value={value.isOnce ? 'once' : 'again'}
            onChange={(next) => onChange({ isOnce: next === 'once' })}
          />
          {value.isOnce ? (
            <InstantField
              label={t('schedule.at')}
              required
              value={value.at}
              error={errors.at}
              onChange={(at) => onChange({ at })}
            />
          ) : (
            <CronFields
              cron={value.cron}
              timeZone={value.timeZone}
              onChange={onChange}
              error={errors.cron ?? errors.timeZone}
            />
          )}
        </Stack>
      </Fieldset>
      <Textarea
        label={shell('confirm.reason')}
        description={t('schedule.reasonHint')}
        required
        maxLength={1000}
        autosize
        minRows={2}
        value={value.reason}
        error={errors.reason}
        onChange={(event) => onChange({ reason: event.currentTarget.value })}
      />
    </Stack>
  );
}
