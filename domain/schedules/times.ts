import * as z from 'zod';
import { cronProblem, isTimeZone, normaliseCron, runsAfter } from './cron.ts';

const SHOWN_RUNS = 3;

/** Five fields as crontab(5), in one spelling. */
export const cronText = z
  .string()
  .max(200)
  .transform(normaliseCron)
  .superRefine((text, context) => {
    const problem = cronProblem(text);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

export const timeZoneName = z
  .string()
  .refine(isTimeZone, 'must be a time zone of the IANA database, such as Europe/Berlin or UTC');

interface Times {
  cron: string;
  timeZone: string;
}

/** RFC 3339; null: none comes any more. @param after milliseconds */
export function nextRunOf({ cron, timeZone }: Times, after: number): string | null {
  const [next] = runsAfter(cron, timeZone, after, 1);
  return next === undefined ? null : new Date(next).toISOString();
}

/** The next run and those after it; none of a schedule that is off. */
export function comingRuns({ cron, timeZone, nextRunAt }: Times & { nextRunAt: string | null }): string[] {
  if (nextRunAt === null) return [];
  const later = runsAfter(cron, timeZone, Date.parse(nextRunAt), SHOWN_RUNS - 1);
  return [nextRunAt, ...later.map((ms) => new Date(ms).toISOString())];
}
