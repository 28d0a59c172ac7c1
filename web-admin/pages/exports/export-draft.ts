import { useSessionStorage } from '@mantine/hooks';
import { ownTimeZone } from '../../components/schedule/zone.ts';
import {
  cleanedOf,
  initialOf,
  type Problems,
  problemsOf,
  type Values,
  valuesOf,
} from '../../components/schema-form/values.ts';
import { type ExportTypeName, type FormatName, filterOf, isDocument } from './export-fields.ts';

export const PERIODS = ['all', 'previous_day', 'previous_week', 'previous_month', 'since_last_run'] as const;

/** What somebody has filled in so far: kept in this tab, so that a reload or a new sign-in loses nothing. */
export interface ExportDraft {
  name: string;
  parameters: Values;
  fileFormat: FormatName;
  compression: 'none' | 'gzip';
  isScheduled: boolean;
  period: (typeof PERIODS)[number];
  cron: string;
  timeZone: string;
}

/** In an address one value of a list may be written without it. */
const listed = (type: ExportTypeName, parameters: Values): Values => {
  const lists = new Set(filterOf(type).properties.flatMap(({ name, field }) => (field.kind === 'list' ? [name] : [])));
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      lists.has(name) && !Array.isArray(value) ? [value] : value,
    ]),
  );
};

export const draftAtFirst = (type: ExportTypeName, parameters: Values = {}): ExportDraft => ({
  name: '',
  parameters: { ...valuesOf(initialOf(filterOf(type))), ...listed(type, parameters) },
  fileFormat: 'csv',
  compression: 'none',
  isScheduled: false,
  period: 'all',
  cron: '0 6 * * 1-5',
  timeZone: ownTimeZone(),
});

/** What a link gives: `?new=audit_logs&parameters={"action":"service.*"}`. */
export function parametersOf(text: string | undefined): Values | undefined {
  if (text === undefined) return undefined;
  try {
    return valuesOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** @param link what the address says of the parameters: a draft of its own */
export function useExportDraft(type: ExportTypeName, link: string | undefined) {
  return useSessionStorage<ExportDraft>({
    key: `steward-export-${type}${link ?? ''}`,
    defaultValue: draftAtFirst(type, parametersOf(link)),
    getInitialValueInEffect: false,
  });
}

const isPeriod = ({ isScheduled, period }: ExportDraft) => isScheduled && period !== 'all';

/** What a request, an estimate and a schedule have in common. */
export const specificationOf = (exportType: ExportTypeName, draft: ExportDraft) => ({
  exportType,
  fileFormat: draft.fileFormat,
  compression: isDocument(draft.fileFormat) ? ('none' as const) : draft.compression,
  parameters: valuesOf(cleanedOf(filterOf(exportType, isPeriod(draft)), draft.parameters)),
});

export function draftProblems(type: ExportTypeName, draft: ExportDraft): Problems {
  const problems = problemsOf(filterOf(type, isPeriod(draft)), draft.parameters, 'parameters');
  const { adminId, userId } = draft.parameters;
  // One person, and one only.
  if (type === 'personal_data' && (adminId === undefined) === (userId === undefined))
    return { ...problems, 'parameters.adminId': { reason: 'choose' } };
  return problems;
}
