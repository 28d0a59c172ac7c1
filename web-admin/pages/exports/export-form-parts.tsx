import { Alert, Fieldset, SegmentedControl, Select, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExportEstimate } from '../../api/schema.gen.ts';
import { CronFields } from '../../components/schedule/cron-fields.tsx';
import { SchemaForm } from '../../components/schema-form/schema-form.tsx';
import type { Problems } from '../../components/schema-form/values.ts';
import { useDuration } from '../../i18n/duration.ts';
import { useFormat } from '../../i18n/format.ts';
import { type ExportDraft, PERIODS } from './export-draft.ts';
import { type ExportTypeName, FORMATS, filterOf, hasTimes, isDocument, partsOf } from './export-fields.ts';

interface PartProps {
  draft: ExportDraft;
  change: (next: Partial<ExportDraft>) => void;
}

/** What narrows it; what leaves values out is shown when somebody asks for it, or has it. */
export function Filters({ type, draft, change, problems }: PartProps & { type: ExportTypeName; problems: Problems }) {
  const { t } = useTranslation('exports');
  const { narrowing, leavingOut } = partsOf(filterOf(type, draft.isScheduled && draft.period !== 'all'));
  const isUsed = leavingOut.properties.some(({ name }) => draft.parameters[name] !== undefined);
  const [isAsked, ask] = useState(isUsed);
  const shared = {
    value: draft.parameters,
    onChange: (parameters: unknown) => change({ parameters: parameters as ExportDraft['parameters'] }),
    problems,
    path: 'parameters',
    columns: 2,
  };
  return (
    <Stack>
      <SchemaForm field={narrowing} {...shared} />
      {leavingOut.properties.length > 0 && (
        <Switch
          label={t('form.leftOut')}
          checked={isAsked || isUsed}
          disabled={isUsed}
          onChange={(event) => ask(event.currentTarget.checked)}
        />
      )}
      {(isAsked || isUsed) && <SchemaForm field={leavingOut} {...shared} />}
    </Stack>
  );
}

/** What the file is called and how it is written. */
export function FileFields({ draft, change }: PartProps) {
  const { t } = useTranslation('exports');
  return (
    <Fieldset legend={t('form.file')}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label={t('form.name')}
          description={t('form.nameHint')}
          required={draft.isScheduled}
          maxLength={120}
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <Select
          label={t('form.format')}
          description={
            isDocument(draft.fileFormat) ? t(`form.limit.${draft.fileFormat as 'pdf' | 'xlsx'}`) : t('form.noLimit')
          }
          data={FORMATS.map((value) => ({ value, label: t(`format.${value}`) }))}
          value={draft.fileFormat}
          onChange={(next) => next && change({ fileFormat: next as ExportDraft['fileFormat'] })}
          allowDeselect={false}
        />
        <Select
          label={t('form.compression')}
          description={isDocument(draft.fileFormat) ? t('form.compressed') : undefined}
          data={(['none', 'gzip'] as const).map((value) => ({ value, label: t(`compression.${value}`) }))}
          value={isDocument(draft.fileFormat) ? 'none' : draft.compression}
          disabled={isDocument(draft.fileFormat)}
          onChange={(next) => change({ compression: next === 'gzip' ? 'gzip' : 'none' })}
          allowDeselect={false}
        />
      </SimpleGrid>
    </Fieldset>
  );
}

/** Now, or again and again. */
export function When({ type, draft, change }: PartProps & { type: ExportTypeName }) {
  const { t } = useTranslation('exports');
  return (
    <Fieldset legend={t('form.when')}>
      <Stack>
        <SegmentedControl
          aria-label={t('form.when')}
          data={[
            { value: 'now', label: t('form.now') },
            { value: 'scheduled', label: t('form.scheduled') },
          ]}
          value={draft.isScheduled ? 'scheduled' : 'now'}
          onChange={(next) => change({ isScheduled: next === 'scheduled' })}
        />
        {draft.isScheduled && (
          <>
            <CronFields cron={draft.cron} timeZone={draft.timeZone} onChange={change} />
            {hasTimes(type) && (
              <Select
                label={t('form.period')}
                description={t('form.periodHint')}
                data={PERIODS.map((value) => ({ value, label: t(`period.${value}`) }))}
                value={draft.period}
                onChange={(next) => next && change({ period: next as ExportDraft['period'] })}
                allowDeselect={false}
              />
            )}
          </>
        )}
      </Stack>
    </Fieldset>
  );
}

/** What it would be, before it is asked for. */
export function Estimate({ estimate, format }: { estimate: ExportEstimate; format: string }) {
  const { t } = useTranslation('exports');
  const { number, bytes } = useFormat();
  const duration = useDuration();
  const { rows, seconds, basis, fits, maxRows } = estimate;
  return (
    <Alert color={fits ? 'blue' : 'red'} variant="light" title={t('estimate.title')} role="status">
      <Text size="sm">
        {t('estimate.size', { count: rows, bytes: bytes(estimate.bytes), time: duration(seconds) })}
      </Text>
      <Text size="sm" c="dimmed">
        {t(`estimate.${basis}`)}
      </Text>
      {!fits && maxRows !== null && <Text size="sm">{t('estimate.tooMany', { max: number(maxRows), format })}</Text>}
    </Alert>
  );
}
