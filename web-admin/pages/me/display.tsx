import { Radio, Stack, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Preferences, setPreference, usePreferences } from '../../shell/preferences.ts';

interface ChoiceProps<Name extends 'colours' | 'clock' | 'language'> {
  name: Name;
  label: string;
  options: { value: Preferences[Name]; label: string; lang?: string }[];
}

function Choice<Name extends 'colours' | 'clock' | 'language'>({ name, label, options }: ChoiceProps<Name>) {
  const chosen = usePreferences()[name];
  const choose = (value: string) => {
    const option = options.find((each) => each.value === value);
    if (option) setPreference(name, option.value);
  };
  return (
    <Radio.Group label={label} value={chosen} onChange={choose}>
      <Stack gap={6} mt={6}>
        {options.map(({ value, label: each, lang }) => (
          <Radio key={value} value={value} label={<span lang={lang}>{each}</span>} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

/** How the pages look in this browser. */
export function Display() {
  const { t } = useTranslation();
  return (
    <Stack component="section" aria-label={t('preferences.title')} gap="sm">
      <Title order={2}>{t('preferences.title')}</Title>
      <Choice
        name="colours"
        label={t('preferences.colours')}
        options={(['auto', 'light', 'dark'] as const).map((value) => ({ value, label: t(`preferences.${value}`) }))}
      />
      <Choice
        name="clock"
        label={t('preferences.clock')}
        options={(['local', 'utc'] as const).map((value) => ({ value, label: t(`preferences.${value}`) }))}
      />
      <Choice
        name="language"
        label={t('preferences.language')}
        options={[
          // Each in its own language: whoever is lost in the other one reads it.
          { value: 'en', label: 'English', lang: 'en' },
          { value: 'ar', label: 'العربية', lang: 'ar' },
        ]}
      />
    </Stack>
  );
}
