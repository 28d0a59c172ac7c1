import { describe, expect, it } from 'vitest';
import { FORMAT_NAMES } from '../../../domain/exports/file-format.ts';
import { PERIODS as DECLARED_PERIODS } from '../../../domain/exports/period.ts';
import { EXPORT_TYPES as DECLARED, hasTimeRange } from '../../../domain/exports/types/index.ts';
import { draftAtFirst, draftProblems, PERIODS, specificationOf } from './export-draft.ts';
import { EXPORT_TYPES, FORMATS, filterOf, hasTimes } from './export-fields.ts';

const names = (type: (typeof EXPORT_TYPES)[number]) => filterOf(type).properties.map(({ name }) => name);

it('knows every kind, format and period that the server declares', () => {
  expect([...EXPORT_TYPES].sort()).toEqual(Object.keys(DECLARED).sort());
  expect([...FORMATS].sort()).toEqual([...FORMAT_NAMES].sort());
  expect(PERIODS).toEqual(DECLARED_PERIODS);
});

describe.each(EXPORT_TYPES)('the filter of %s', (type) => {
  it('has the fields that the server declares', () => {
    expect(names(type).sort()).toEqual(Object.keys(DECLARED[type].filter.shape).sort());
    expect(hasTimes(type)).toBe(hasTimeRange(type));
  });

  it('offers only what the server takes', () => {
    for (const { name, field } of filterOf(type).properties)
      if (field.kind === 'choice')
        for (const option of field.options) {
          const shape = DECLARED[type].filter.shape as Record<
            string,
            { safeParse(value: unknown): { success: boolean } }
          >;
          expect(shape[name]?.safeParse(option).success).toBe(true);
        }
  });

  it('asks for what the server would take, as it begins', () => {
    const draft = draftAtFirst(type);
    const { parameters } = specificationOf(type, draft);
    expect(Object.keys(draftProblems(type, draft)).length === 0).toBe(
      DECLARED[type].filter.safeParse(parameters).success,
    );
  });
});

it('leaves the times out where a period gives them', () => {
  const draft = {
    ...draftAtFirst('audit_logs', { from: '2026-01-01T00:00:00Z', action: 'service.*' }),
    isScheduled: true,
    period: 'previous_day' as const,
  };
  expect(specificationOf('audit_logs', draft).parameters).toEqual({ action: 'service.*' });
});

it('asks no document to be compressed again', () => {
  const draft = { ...draftAtFirst('services'), fileFormat: 'xlsx' as const, compression: 'gzip' as const };
  expect(specificationOf('services', draft).compression).toBe('none');
});
