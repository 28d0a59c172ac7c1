import { ActionIcon, Button, Checkbox, Fieldset, Group, Radio, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Field, ObjectField, Property } from './field.ts';
import { type ControlProps, ListControl, ScalarControl } from './scalar-control.tsx';
import { useNames, useProblemOf } from './texts.ts';
import { type Draft, initialOf, type Problems, type Values, valuesOf, variantOf } from './values.ts';

interface FormPartProps {
  value: Draft;
  onChange: (value: Draft) => void;
  problems: Problems;
  /** The target's `type`, for fields that are called `id`. */
  within?: string;
  /** Where it stands in the whole. */
  path?: string;
  /** Fields beside each other, where there is room. */
  columns?: number;
}

const join = (path: string, name: string | number) => (path === '' ? String(name) : `${path}.${name}`);

/** The fields of a schema. What they hold is what will be sent; see values.ts. */
export function SchemaForm({ field, ...props }: FormPartProps & { field: Field }) {
  switch (field.kind) {
    case 'object':
      return <ObjectPart {...props} of={field} />;
    case 'variants':
      return <VariantsPart {...props} field={field} />;
    default:
      return null;
  }
}

function ObjectPart({
  of,
  value,
  onChange,
  problems,
  within,
  path = '',
  columns = 1,
}: FormPartProps & { of: ObjectField }) {
  const values = valuesOf(value);
  const set = (name: string, next: Draft) => {
    const { [name]: _, ...others } = values;
    onChange(next === undefined ? others : { ...others, [name]: next });
  };
  const asked = of.properties.filter(({ field }) => field.kind !== 'fixed');
  if (asked.length === 0) return null;
  return (
    <SimpleGrid cols={{ base: 1, sm: columns }} spacing="md">
      {asked.map((property) => (
        <PropertyPart
          key={property.name}
          {...{ property, problems, within }}
          value={values[property.name]}
          onChange={(next) => set(property.name, next)}
          path={join(path, property.name)}
        />
      ))}
    </SimpleGrid>
  );
}

function VariantsPart({
  field,
  value,
  onChange,
  problems,
  path = '',
}: FormPartProps & { field: Extract<Field, { kind: 'variants' }> }) {
  const { t } = useTranslation('forms');
  const names = useNames();
  const problemOf = useProblemOf();
  const chosen = variantOf(field, value);
  const choose = (name: string) => {
    const next = field.variants.find((each) => each.name === name);
    if (next) onChange(initialOf(next.of));
  };
  return (
    <Stack>
      <Radio.Group
        label={t('about')}
        value={chosen?.name ?? null}
        onChange={choose}
        error={chosen ? undefined : problemOf(problems, path)}
      >
        <Group gap="md" mt={6}>
          {field.variants.map(({ name }) => (
            <Radio key={name} value={name} label={names.target(name)} />
          ))}
        </Group>
      </Radio.Group>
      {chosen && (
        <ObjectPart key={chosen.name} {...{ value, onChange, problems, path }} of={chosen.of} within={chosen.name} />
      )}
    </Stack>
  );
}

interface PropertyPartProps extends FormPartProps {
  property: Property;
  path: string;
}

/** Whether leaving it out and leaving it empty are two things: then one says first that it is meant at all. */
const hasEmptyValue = ({ field, required, nullable, initial }: Property) =>
  !required &&
  initial === undefined &&
  ((field.kind === 'list' && field.min === 0) || (nullable && field.kind === 'text'));

function PropertyPart({ property, value, onChange, problems, within, path }: PropertyPartProps) {
  const { t } = useTranslation('forms');
  const names = useNames();
  const { name, field } = property;
  const label = names.field(name);
  if (!hasEmptyValue(property)) return <Control {...{ property, value, onChange, problems, within, path }} />;
  const empty = field.kind === 'list' ? [] : null;
  return (
    <Stack gap="xs">
      <Checkbox
        label={t('change', { name: label })}
        checked={value !== undefined}
        onChange={(event) => onChange(event.currentTarget.checked ? empty : undefined)}
      />
      {value !== undefined && (
        <Control
          {...{ property, value, problems, within, path }}
          onChange={(next) => onChange(next === undefined ? empty : next)}
        />
      )}
    </Stack>
  );
}

function Control({ property, value, onChange, problems, within, path }: PropertyPartProps) {
  const names = useNames();
  const problemOf = useProblemOf();
  const { name, field, nullable, required } = property;
  const label = names.field(name);
  const error = problemOf(problems, path);
  // An empty field of what may be nothing says so.
  const change = (next: Draft) => onChange(next === undefined && nullable && 'initial' in property ? null : next);
  const props = { name, label, within, required, error, value, onChange: change };
  switch (field.kind) {
    case 'fixed':
      return null;
    case 'object':
    case 'variants':
      return (
        <Fieldset legend={label}>
          {error && (
            <Text size="sm" c="var(--mantine-color-error)">
              {error}
            </Text>
          )}
          <SchemaForm {...{ field, value, onChange, problems, path }} />
        </Fieldset>
      );
    case 'rows':
      return <RowsPart {...{ value, onChange, problems, path, label, error }} field={field} />;
    case 'wordOrList':
      return <WordOrList {...props} field={field} />;
    default:
      return <ScalarControl {...props} field={field} />;
  }
}

function WordOrList({ field, ...props }: ControlProps & { field: Extract<Field, { kind: 'wordOrList' }> }) {
  const { t } = useTranslation('forms');
  const isWord = props.value === field.word;
  return (
    <Stack gap="xs">
      <Radio.Group
        label={props.label}
        value={isWord ? 'word' : 'list'}
        onChange={(next) => props.onChange(next === 'word' ? field.word : [])}
      >
        <Group gap="md" mt={6}>
          <Radio value="word" label={t('all')} />
          <Radio value="list" label={t('these')} />
        </Group>
      </Radio.Group>
      {!isWord && <ListControl {...props} label={t('which', { name: props.label })} field={field.list} />}
    </Stack>
  );
}

interface RowsPartProps extends Omit<FormPartProps, 'within'> {
  field: Extract<Field, { kind: 'rows' }>;
  path: string;
  label: string;
  error: string | undefined;
}

function RowsPart({ field, value, onChange, problems, path, label, error }: RowsPartProps) {
  const { t } = useTranslation('forms');
  const rows = Array.isArray(value) ? (value as Values[]) : [];
  const add = () => onChange([...rows, initialOf(field.of)]);
  return (
    <Fieldset legend={label}>
      <Stack>
        {rows.map((row, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name than their place
          <Group key={at} align="flex-start" wrap="nowrap" gap="xs">
            <div style={{ flex: 1, minWidth: 0 }}>
              <ObjectPart
                of={field.of}
                value={row}
                onChange={(next) => onChange(rows.with(at, next as Values))}
                problems={problems}
                path={join(path, at)}
              />
            </div>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t('removeRow', { place: at + 1 })}
              onClick={() => onChange(rows.toSpliced(at, 1))}
            >
              <IconTrash size={18} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        {error && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {error}
          </Text>
        )}
        <Group>
          <Button variant="default" size="xs" onClick={add} disabled={field.max !== null && rows.length >= field.max}>
            {t('addRow')}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
