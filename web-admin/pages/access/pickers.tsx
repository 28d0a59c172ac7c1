import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/use-api.ts';
import { useVerdict } from '../../api/use-me.ts';

const TYPING_MS = 250;
const SHOWN = 20;

interface PickerProps {
  /** Shown above; for readers of the screen alone where `placeholder` says it. */
  label: string;
  placeholder?: string;
  value: string | null;
  onChange: (id: string | null) => void;
  clearable?: boolean;
  error?: React.ReactNode;
  required?: boolean;
  w?: number;
}

interface Choice {
  value: string;
  label: string;
}

/** A field that finds by what is typed; what is chosen keeps its name, however long the list is. */
function Picker({
  choices,
  chosen,
  onType,
  found,
  label,
  placeholder,
  value,
  onChange,
  error,
  clearable = false,
  ...rest
}: PickerProps & {
  choices: Choice[];
  chosen: Choice | undefined;
  onType: (text: string) => void;
  found: { isError: boolean; refetch: () => unknown };
}) {
  const { t } = useTranslation();
  const known = chosen && !choices.some(({ value: each }) => each === chosen.value) ? [chosen, ...choices] : choices;
  return (
    <Select
      {...rest}
      {...(placeholder ? { 'aria-label': label, placeholder } : { label })}
      data={known}
      value={value}
      onChange={onChange}
      searchable
      error={error ?? (found.isError && t('failed'))}
      onDropdownOpen={() => found.isError && void found.refetch()}
      // The server has found them already.
      filter={({ options }) => options}
      onSearchChange={onType}
      clearable={clearable}
      clearButtonProps={{ 'aria-label': `${t('clear')}: ${label}` }}
      nothingFoundMessage={t('empty.noMatch')}
    />
  );
}

/** What is asked of the server: nothing for the name of what is chosen already. */
function useTyped(chosen: string | undefined): [string, (text: string) => void] {
  const [typed, setTyped] = useState('');
  const [text] = useDebouncedValue(typed, TYPING_MS);
  return [text === chosen ? '' : text.trim(), setTyped];
}

export function AdminPicker(props: PickerProps) {
  const one = useRead(
    'GET /v1/admin/admins/{adminId}',
    { path: { adminId: props.value ?? '' } },
    { enabled: props.value !== null },
  );
  const chosen = props.value && one.data ? { value: one.data.id, label: one.data.email } : undefined;
  const [search, onType] = useTyped(chosen?.label);
  const allowed = useVerdict()('GET /v1/admin/admins').allowed;
  const found = useRead(
    'GET /v1/admin/admins',
    { query: { limit: SHOWN, ...(search && { search }) } },
    { enabled: allowed },
  );
  const choices = (found.data?.items ?? []).map(({ id, email }) => ({ value: id, label: email }));
  return <Picker {...props} choices={choices} chosen={chosen} onType={onType} found={found} />;
}

export function ServicePicker(props: PickerProps) {
  const one = useRead(
    'GET /v1/admin/services/{id}',
    { path: { id: props.value ?? '' } },
    { enabled: props.value !== null },
  );
  const chosen = props.value && one.data ? { value: one.data.id, label: one.data.name } : undefined;
  const [search, onType] = useTyped(chosen?.label);
  const allowed = useVerdict()('GET /v1/admin/services').allowed;
  const found = useRead(
    'GET /v1/admin/services',
    { query: { limit: SHOWN, ...(search && { search }) } },
    { enabled: allowed },
  );
  const choices = (found.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return <Picker {...props} choices={choices} chosen={chosen} onType={onType} found={found} />;
}

/** All roles: there are few. */
export function RolePicker({ label, placeholder, value, onChange, error, clearable = false, ...rest }: PickerProps) {
  const { t } = useTranslation();
  const allowed = useVerdict()('GET /v1/admin/roles').allowed;
  const { data, isError, refetch } = useRead('GET /v1/admin/roles', { query: { limit: 200 } }, { enabled: allowed });
  return (
    <Select
      {...rest}
      {...(placeholder ? { 'aria-label': label, placeholder } : { label })}
      data={(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      value={value}
      onChange={onChange}
      error={error ?? (isError && t('failed'))}
      onDropdownOpen={() => isError && void refetch()}
      searchable
      clearable={clearable}
      clearButtonProps={{ 'aria-label': `${t('clear')}: ${label}` }}
      nothingFoundMessage={t('empty.noMatch')}
    />
  );
}
