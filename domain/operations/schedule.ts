import * as z from 'zod';
import { instantText } from '../instant.ts';
import { comingRuns, cronText, nextRunOf, timeZoneName } from '../schedules/times.ts';
import { freeText } from '../services/free-text.ts';
import { OPERATION_TYPE_NAMES } from './types/index.ts';

const MAX_REASON = 1000;

const instant = instantText
  .refine((text) => Date.parse(text) > 0, 'must be later than 1970')
  .transform((text) => new Date(text).toISOString());

const anyObject = z.record(z.string(), z.unknown());

/** What its owner says of a schedule. Target and parameters: by the type's own schema; see domain/operations/types. */
const settings = z.strictObject({
  name: freeText(120).min(1, 'must not be empty'),
  type: z.enum(OPERATION_TYPE_NAMES),
  target: anyObject,
  parameters: anyObject.default({}),
  reason: freeText(MAX_REASON).min(1, 'must say why'),
  at: instant.nullable().default(null),
  cron: cronText.nullable().default(null),
  timeZone: timeZoneName.nullable().default(null),
  enabled: z.boolean().default(true),
});

/** A change of some of them; `target` and `parameters` are replaced as a whole. What is left out has no default here. */
export const scheduleChange = settings
  .extend({
    parameters: anyObject,
    at: instant.nullable(),
    cron: cronText.nullable(),
    timeZone: timeZoneName.nullable(),
    enabled: z.boolean(),
  })
  .partial();
export type ScheduleChange = z.infer<typeof scheduleChange>;

export const newSchedule = settings
  .superRefine(({ at, cron, timeZone }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (at === null && cron === null) refuse('cron', 'must be given, or at: one of the two says when');
    if (at !== null && cron !== null) refuse('at', 'must be null where cron is given: one of the two says when');
    if (cron === null && timeZone !== null) refuse('timeZone', 'has a meaning only where cron is given');
  })
  .transform((schedule) => (schedule.cron === null ? schedule : { ...schedule, timeZone: schedule.timeZone ?? 'UTC' }));
export type NewSchedule = z.infer<typeof newSchedule>;

/** When it comes: once (`at`, RFC 3339) or again and again. */
interface Times {
  at: string | null;
  cron: string | null;
  timeZone: string | null;
}

/** RFC 3339. Of one that comes once its time, also when it has passed: who asks says whether it may. @param now milliseconds */
export const firstRunOf = ({ at, cron, timeZone }: Times, now: number): string | null =>
  cron === null ? at : nextRunOf({ cron, timeZone: timeZone ?? 'UTC' }, now);

/** The next runs, at most three; none of a schedule that is off. */
export const coming = ({ cron, timeZone, nextRunAt }: Times & { nextRunAt: string | null }): string[] =>
  cron === null
    ? [nextRunAt].filter((time) => time !== null)
    : comingRuns({ cron, timeZone: timeZone ?? 'UTC', nextRunAt });
