import { TextInput, type TextInputProps } from '@mantine/core';
import { useFormat } from '../i18n/format.ts';
import { usePreferences } from '../shell/preferences.ts';

const two = (value: number) => String(value).padStart(2, '0');

/** An instant as a field of a browser writes it, to the minute, in the clock that is preferred; empty for none. */
export function written(at: string, clock: 'local' | 'utc'): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  if (clock === 'utc') return date.toISOString().slice(0, 16);
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The other way round: RFC 3339, or empty. */
export function instantOf(text: string, clock: 'local' | 'utc'): string {
  const date = new Date(clock === 'utc' ? `${text}Z` : text);
  return text === '' || Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

type InstantFieldProps = Omit<TextInputProps, 'value' | 'onChange' | 'type' | 'min'> & {
  label: string;
  /** RFC 3339; empty for none. */
  value?: string;
  onChange: (at: string) => void;
};

/** A field for a day and a time. Its label names the zone they are in, which is the one all times are shown in. */
export function InstantField({ label, value = '', onChange, ...rest }: InstantFieldProps) {
  const { clock } = usePreferences();
  const { zoneName } = useFormat();
  return (
    <TextInput
      {...rest}
      type="datetime-local"
      label={`${label} (${zoneName})`}
      value={written(value, clock)}
      onChange={(event) => onChange(instantOf(event.currentTarget.value, clock))}
    />
  );
}
