import { Button, Group, SegmentedControl, Select } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFilters } from '../../api/use-filters.ts';
import { InstantField } from '../../components/instant-field.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { type Asked, RANGES, type Range } from './analytics-range.ts';

const ALL: Range[] = [...(Object.keys(RANGES) as (keyof typeof RANGES)[]), 'custom'];

/** Both ends of a range; asked for when they are sent, not while they are typed. */
function Ends({ asked }: { asked: Asked }) {
  const { t } = useTranslation('service');
  const [, setFilters] = useFilters();
  const { trackFormSubmit } = useAuditEvent();
  const [from, setFrom] = useState(asked.from);
  const [to, setTo] = useState(asked.to);
  useEffect(() => {
    setFrom(asked.from);
    setTo(asked.to);
  }, [asked.from, asked.to]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    trackFormSubmit('service-analytics-range');
    setFilters({ from, to });
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="sm">
        <InstantField label={t('analytics.from')} value={from} onChange={setFrom} required />
        <InstantField label={t('analytics.to')} value={to} onChange={setTo} />
        <Button type="submit" variant="default">
          {t('analytics.show')}
        </Button>
      </Group>
    </form>
  );
}

/** Range and interval, kept in the address. */
export function AnalyticsRangePicker({ asked }: { asked: Asked }) {
  const { t } = useTranslation('service');
  const [, setFilters] = useFilters();
  const choose = (range: Range) =>
    setFilters(
      range === 'custom'
        ? { range, from: asked.from, to: asked.to || new Date().toISOString() }
        : { range: range === '7d' ? undefined : range, from: undefined, to: undefined },
    );
  return (
    <Group align="flex-end" gap="sm">
      <Select
        label={t('analytics.range')}
        data={ALL.map((value) => ({ value, label: t(`analytics.ranges.${value}`) }))}
        value={asked.range}
        onChange={(range) => range && choose(range as Range)}
        allowDeselect={false}
        w={180}
      />
      <SegmentedControl
        aria-label={t('analytics.interval')}
        data={[
          { value: 'hour', label: t('analytics.hour'), disabled: asked.tooLongForHours },
          { value: 'day', label: t('analytics.day') },
        ]}
        value={asked.interval}
        onChange={(interval) => setFilters({ interval })}
      />
      {asked.range === 'custom' && <Ends asked={asked} />}
    </Group>
  );
}
