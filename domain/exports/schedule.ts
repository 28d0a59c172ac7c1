import * as z from 'zod';
import { cronText, timeZoneName } from '../schedules/times.ts';
import { freeText } from '../services/free-text.ts';
import { normalised } from './asked.ts';
import { PERIODS } from './period.ts';
import { checkSpecification, type ExportSpecification, exportSpecification } from './schema.ts';
import { hasTimeRange } from './types/index.ts';

const { exportType, fileFormat, compression, parameters } = exportSpecification.shape;

/** What its owner says of a schedule. */
const settings = z.strictObject({
  // The file is called so.
  name: freeText(120).min(1, 'must not be empty'),
  exportType,
  fileFormat,
  compression,
  parameters,
  period: z.enum(PERIODS).default('all'),
  cron: cronText,
  timeZone: timeZoneName.default('UTC'),
  enabled: z.boolean().default(true),
});
type Settings = z.infer<typeof settings>;

/** A change of some of them; `parameters` are replaced as a whole. What is left out has no default here. */
export const scheduleChange = settings
  .extend({
    fileFormat: fileFormat.unwrap(),
    compression: compression.unwrap(),
    parameters: parameters.unwrap(),
    period: z.enum(PERIODS),
    timeZone: timeZoneName,
    enabled: z.boolean(),
  })
  .partial();
export type ScheduleChange = z.infer<typeof scheduleChange>;

export const specificationOf = ({
  exportType,
  fileFormat,
  compression,
  parameters,
}: Pick<Settings, keyof ExportSpecification>): ExportSpecification => ({
  exportType,
  fileFormat,
  compression,
  parameters,
});

export const newSchedule = settings
  .superRefine((schedule, context) => {
    checkSpecification(specificationOf(schedule), context);
    if (schedule.period === 'all') return;
    const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (!hasTimeRange(schedule.exportType))
      refuse(['period'], `must be all: ${schedule.exportType} cannot be narrowed to a time`);
    for (const name of ['from', 'to'])
      if (name in schedule.parameters)
        refuse(['parameters', name], `leave it out, or make the period all: ${schedule.period} sets it at each run`);
  })
  .transform((schedule) => ({ ...schedule, parameters: normalised(specificationOf(schedule)) }));
export type NewSchedule = z.infer<typeof newSchedule>;
