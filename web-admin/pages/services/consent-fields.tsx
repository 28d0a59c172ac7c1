import { ActionIcon, Autocomplete, Button, Group, Stack, Switch, Text, Textarea } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/use-api.ts';
import { InstantField } from '../../components/instant-field.tsx';
import { useNames } from './use-names.ts';

export interface ConsentValues {
  /** Of a new one only; it never changes. */
  code: string;
  required: boolean;
  /** RFC 3339; empty: when it is published. */
  effectiveFrom: string;
  /** By language tag. */
  texts: Record<string, string>;
}

/** Every text has words, and there is one at least. */
export function textErrors(texts: Record<string, string>, empty: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([tag, text]) => (text.trim() === '' ? [[`texts.${tag}`, empty]] : [])),
  );
}

interface ConsentFieldsProps {
  form: UseFormReturnType<ConsentValues>;
  serviceId: string;
  disabled: boolean;
}

function AddText({ form, serviceId }: Omit<ConsentFieldsProps, 'disabled'>) {
  const { t } = useTranslation('service');
  const [tag, setTag] = useState('');
  const locales = useRead('GET /v1/admin/services/{id}/locales', { path: { id: serviceId } });
  const { texts } = form.values;
  const choices = locales.data?.items.map((each) => each.tag).filter((each) => !(each in texts)) ?? [];
  const add = () => {
    const wanted = tag.trim();
    if (wanted === '' || wanted in texts) return;
    form.setFieldValue('texts', { ...texts, [wanted]: '' });
    setTag('');
  };
  return (
    <Group align="flex-end" gap="xs">
      <Autocomplete
        label={t('consents.addText')}
        data={choices}
        value={tag}
        onChange={setTag}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
        error={form.errors.texts}
        className="ltr"
        w={200}
      />
      <Button variant="default" onClick={add} disabled={tag.trim() === '' || tag.trim() in texts}>
        {t('consents.addTextButton')}
      </Button>
    </Group>
  );
}

/** What a draft is made of: a text for each language, whether it is required, and from when it counts. */
export function ConsentFields({ form, serviceId, disabled }: ConsentFieldsProps) {
  const { t } = useTranslation('service');
  const { locale: nameOf } = useNames();
  const remove = (tag: string) => {
    const { [tag]: _, ...rest } = form.values.texts;
    form.setFieldValue('texts', rest);
  };
  return (
    <Stack>
      <Switch
        label={t('consents.required')}
        description={t('consents.requiredHint')}
        disabled={disabled}
        {...form.getInputProps('required', { type: 'checkbox' })}
      />
      <InstantField
        label={t('consents.effectiveFrom')}
        description={t('consents.effectiveFromHint')}
        disabled={disabled}
        maw={320}
        {...form.getInputProps('effectiveFrom')}
      />
      {Object.keys(form.values.texts).map((tag) => (
        <Group key={tag} align="flex-start" wrap="nowrap" gap="xs">
          <Textarea
            label={t('consents.text', { locale: nameOf(tag) ? `${nameOf(tag)} (${tag})` : tag })}
            lang={tag}
            dir="auto"
            flex={1}
            autosize
            minRows={3}
            maxRows={16}
            maxLength={20_000}
            disabled={disabled}
            {...form.getInputProps(`texts.${tag}`)}
          />
          {!disabled && (
            <ActionIcon
              variant="subtle"
              color="gray"
              mt={26}
              aria-label={t('consents.removeText', { locale: tag })}
              onClick={() => remove(tag)}
            >
              <IconTrash size={18} aria-hidden />
            </ActionIcon>
          )}
        </Group>
      ))}
      {!disabled && <AddText form={form} serviceId={serviceId} />}
      {Object.keys(form.values.texts).length === 0 && (
        <Text size="sm" c="dimmed">
          {t('consents.oneText')}
        </Text>
      )}
    </Stack>
  );
}
