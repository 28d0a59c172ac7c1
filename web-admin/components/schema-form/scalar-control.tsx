import { Checkbox, Group, NumberInput, Radio, Select, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { InstantField } from '../instant-field.tsx';
import type { Field, ListField } from './field.ts';
import { IdPicker, IdsPicker } from './id-picker.tsx';
import { JsonInput } from './json-input.tsx';
import { pickerOf } from './pickers.ts';
import { useNames } from './texts.ts';
import type { Draft } from './values.ts';

/** Longer texts get more than a line. */
const LONG = 500;

export interface ControlProps {
  name: string;
  label: string;
  /** The target's `type`, where the field is of a target. */
  within?: string;
  required: boolean;
  error?: string;
  value: Draft;
  onChange: (value: Draft) => void;
}

/** On, off and, where nobody has to say, neither. */
function YesNo({ label, name, required, error, value, onChange }: ControlProps) {
  const { t } = useTranslation('forms');
  const names = useNames();
  const shown = value === true ? 'on' : value === false ? 'off' : required ? null : 'unsaid';
  return (
    <Radio.Group
      label={label}
      description={names.hint(name)}
      error={error}
      required={required}
      value={shown}
      onChange={(next) => onChange(next === 'unsaid' ? undefined : next === 'on')}
    >
      <Group gap="md" mt={6}>
        <Radio value="on" label={t('on')} />
        <Radio value="off" label={t('off')} />
        {!required && <Radio value="unsaid" label={t('unsaid')} />}
      </Group>
    </Radio.Group>
  );
}

/** A list of texts, or of what has a list to pick from. */
export function ListControl({ field, ...props }: ControlProps & { field: ListField }) {
  const names = useNames();
  const { name, within, label, required, error } = props;
  // Where an empty list says nothing, it is none.
  const onChange = (next: string[]) =>
    props.onChange(next.length === 0 && field.min > 0 && !required ? undefined : next);
  const value = (Array.isArray(props.value) ? props.value : []) as string[];
  const shared = {
    label,
    required,
    error,
    description: names.hint(name),
    value,
    onChange,
  };
  if (field.of.kind === 'choice')
    return (
      <Options {...props} onChange={(next) => onChange(next as string[])} options={field.of.options} value={value} />
    );
  const kind = pickerOf(name, within);
  if (kind) return <IdsPicker kind={kind} {...shared} />;
  return <TagsInput {...shared} splitChars={[',', ' ', '\n']} />;
}

function Options({
  label,
  required,
  error,
  value,
  onChange,
  options,
}: ControlProps & { value: string[]; options: string[] }) {
  const names = useNames();
  return (
    <Checkbox.Group label={label} required={required} error={error} value={value} onChange={onChange}>
      <Group gap="md" mt={6}>
        {options.map((each) => (
          <Checkbox key={each} value={each} label={names.option(each)} />
        ))}
      </Group>
    </Checkbox.Group>
  );
}

type Scalar = Exclude<Field, { kind: 'object' | 'variants' | 'rows' | 'wordOrList' | 'fixed' }>;

function TextControl({ field, ...props }: ControlProps & { field: Extract<Field, { kind: 'text' | 'id' }> }) {
  const names = useNames();
  const { name, within, label, required, error, value, onChange } = props;
  const text = typeof value === 'string' ? value : '';
  const shared = { label, required, error, description: names.hint(name) };
  // An empty field says nothing, unless an empty text is a value of its own.
  const change = (next: string) => onChange(next === '' ? undefined : next);
  const kind = pickerOf(name, within);
  if (kind) return <IdPicker kind={kind} {...shared} value={text} onChange={change} />;
  if (field.kind === 'text' && (field.max ?? 0) > LONG)
    return (
      <Textarea {...shared} autosize minRows={2} value={text} onChange={(event) => change(event.currentTarget.value)} />
    );
  return (
    <TextInput {...shared} autoComplete="off" value={text} onChange={(event) => change(event.currentTarget.value)} />
  );
}

/** The control of one value. */
export function ScalarControl({ field, ...props }: ControlProps & { field: Scalar }) {
  const names = useNames();
  const { name, label, required, error, value, onChange } = props;
  switch (field.kind) {
    case 'boolean':
      return <YesNo {...props} />;
    case 'integer':
      return (
        <NumberInput
          {...{ label, required, error }}
          description={names.hint(name)}
          min={field.min ?? undefined}
          max={field.max ?? undefined}
          clampBehavior="none"
          allowDecimal={false}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => onChange(next === '' ? undefined : Number(next))}
        />
      );
    case 'choice':
      return (
        <Select
          {...{ label, required, error }}
          description={names.hint(name)}
          data={field.options.map((each) => ({ value: each, label: names.option(each) }))}
          value={typeof value === 'string' ? value : null}
          onChange={(next) => onChange(next ?? undefined)}
          clearable={!required}
          allowDeselect={!required}
        />
      );
    case 'instant':
      return (
        <InstantField
          {...{ label, required, error }}
          description={names.hint(name)}
          value={typeof value === 'string' ? value : ''}
          onChange={(at) => onChange(at === '' ? undefined : at)}
        />
      );
    case 'list':
      return <ListControl {...props} field={field} />;
    case 'json':
      return <JsonInput {...{ label, required, error, value, onChange }} />;
    default:
      return <TextControl {...props} field={field} />;
  }
}
