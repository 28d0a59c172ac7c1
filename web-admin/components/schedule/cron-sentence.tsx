import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { usePreferences } from '../../shell/preferences.ts';
import { wordsOf } from './cron-words.ts';

/** 2023-01-01 was a Sunday. */
const dateOf = (weekday: number) => Date.UTC(2023, 0, 1 + weekday);
/** From so many on, days that follow each other are told by the first and the last. */
const A_RANGE = 3;

function weekdayNames(language: string, days: number[], list: (items: string[]) => string): string {
  const format = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' });
  const [first = 0] = days;
  const follow = days.every((day, at) => day === first + at);
  if (days.length >= A_RANGE && follow) return format.formatRange(dateOf(first), dateOf(first + days.length - 1));
  return list(days.map((day) => format.format(dateOf(day))));
}

const monthName = (language: string, month: number) =>
  new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2023, month - 1, 1));

/** What a cron expression says, as a sentence; empty for what is none. */
export function useCronSentence(): (cron: string) => string {
  const { t } = useTranslation('forms');
  const { language } = usePreferences();
  const { list } = useFormat();
  return (cron) => {
    const words = wordsOf(cron);
    if (!words) return '';
    const { when, weekdays, days, months } = words;
    const said = {
      times: () => t('cron.times', { times: list(when.kind === 'times' ? when.times : []) }),
      every: () => t('cron.every', { count: when.kind === 'every' ? when.minutes : 0 }),
      hourly: () => t('cron.hourly', when.kind === 'hourly' ? { minutes: when.minutes, hours: when.hours } : {}),
    }[when.kind]();
    const named = weekdays && weekdayNames(language, weekdays, list);
    // crontab(5): where both name days, either will do.
    const on = [days && t('cron.days', { days }), named && t('cron.weekdays', { days: named })].filter(
      (each) => each !== null,
    );
    return [
      said,
      on.length > 0 ? on.join(t('cron.or')) : t('cron.daily'),
      months && t('cron.months', { months: list(months.map((month) => monthName(language, month))) }),
    ]
      .filter((each) => each !== null)
      .join(t('cron.and'));
  };
}
