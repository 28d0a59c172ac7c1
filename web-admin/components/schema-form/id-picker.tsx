import { Loader, MultiSelect, Select, TagsInput, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../../api/problem.ts';
import { CHOICES, type Choice, type PickerKind, SEARCHED } from './pickers.ts';

const TYPING_MS = 250;
const MINUTE_MS = 60_000;
/** An id that was pasted, of whatever kind. */
const AN_ID = /^[\w-]{20,200}$/;

interface PickerProps {
  kind: PickerKind;
  label: string;
  description?: string;
  required?: boolean;
  error?: string;
}

/** What can be chosen, with what has been chosen before and what was pasted. */
function useChoices(kind: PickerKind, chosen: string[]) {
  const { t } = useTranslation('forms');
  const [text, setText] = useState('');
  const [typed] = useDebouncedValue(SEARCHED.has(kind) ? text : '', TYPING_MS);
  // The label of a choice, once picked, is no search.
  const seen = useRef(new Map<string, string>());
  const isLabel = [...seen.current.values()].includes(typed);
  const search = isLabel || AN_ID.test(typed) ? '' : typed;
  const query = useQuery<Choice[], ApiProblem>({
    queryKey: ['choices', kind, search],
    queryFn: ({ signal }) => CHOICES[kind](search, signal),
    staleTime: MINUTE_MS,
  });
  for (const { value, label } of query.data ?? []) seen.current.set(value, label);
  const pasted = text.trim();
  const data = useMemo(() => {
    const listed = new Map((query.data ?? []).map(({ value, label }) => [value, label]));
    for (const id of chosen) if (!listed.has(id)) listed.set(id, seen.current.get(id) ?? id);
    if (AN_ID.test(pasted) && !listed.has(pasted)) listed.set(pasted, t('picker.pasted', { id: pasted }));
    return [...listed].map(([value, label]) => ({ value, label }));
  }, [query.data, chosen, pasted, t]);
  return { data, query, text, setText };
}

/** One of them by its name. Whoever may not list them types the id. */
export function IdPicker({
  value,
  onChange,
  ...props
}: PickerProps & { value: string; onChange: (id: string) => void }) {
  const { t } = useTranslation('forms');
  const { kind, ...field } = props;
  const chosen = useMemo(() => (value === '' ? [] : [value]), [value]);
  const { data, query, text, setText } = useChoices(kind, chosen);
  if (query.isError)
    return <TextInput {...field} value={value} onChange={(event) => onChange(event.currentTarget.value.trim())} />;
  return (
    <Select
      {...field}
      data={data}
      value={value === '' ? null : value}
      onChange={(next) => onChange(next ?? '')}
      searchable
      searchValue={text}
      onSearchChange={setText}
      clearable={!props.required}
      placeholder={t(`picker.${kind}`)}
      nothingFoundMessage={t('picker.nothing')}
      rightSection={query.isFetching ? <Loader size="xs" aria-hidden /> : undefined}
      limit={200}
    />
  );
}

/** Some of them. */
export function IdsPicker({
  value,
  onChange,
  ...props
}: PickerProps & { value: string[]; onChange: (ids: string[]) => void }) {
  const { t } = useTranslation('forms');
  const { kind, ...field } = props;
  const { data, query, text, setText } = useChoices(kind, value);
  if (query.isError) return <TagsInput {...field} value={value} onChange={onChange} splitChars={[',', ' ', '\n']} />;
  return (
    <MultiSelect
      {...field}
      data={data}
      value={value}
      onChange={onChange}
      searchable
      searchValue={text}
      onSearchChange={setText}
      clearable
      hidePickedOptions
      placeholder={value.length === 0 ? t(`picker.${kind}`) : ''}
      nothingFoundMessage={t('picker.nothing')}
      rightSection={query.isFetching ? <Loader size="xs" aria-hidden /> : undefined}
      limit={200}
    />
  );
}
