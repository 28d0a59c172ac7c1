import { ActionIcon, Menu } from '@mantine/core';
import { IconAdjustmentsHorizontal, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMe } from '../api/use-me.ts';
import { useToast } from '../components/toast.tsx';
import { type Preferences, setPreference, usePreferences } from './preferences.ts';
import { signOut } from './sign-out.ts';

function Choice<Name extends 'colours' | 'clock' | 'language'>({
  name,
  label,
  options,
}: {
  name: Name;
  label: string;
  options: { value: Preferences[Name]; label: string }[];
}) {
  const chosen = usePreferences()[name];
  return (
    <>
      <Menu.Label>{label}</Menu.Label>
      <Menu.RadioGroup value={chosen} onChange={(value) => setPreference(name, value as Preferences[Name])}>
        {options.map(({ value, label: each }) => (
          <Menu.RadioItem key={value} value={value}>
            {each}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

/** Opens as soon as it is here: somebody asked for it. */
export function DisplayMenu() {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" width={220} defaultOpened>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('preferences.title')}>
          <IconAdjustmentsHorizontal size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
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
            { value: 'en', label: 'English' },
            { value: 'ar', label: 'العربية' },
          ]}
        />
      </Menu.Dropdown>
    </Menu>
  );
}

export function AccountMenu() {
  const { t } = useTranslation();
  const toast = useToast();
  const { data: me } = useMe();
  return (
    <Menu position="bottom-end" width={240} defaultOpened>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('me')}>
          <IconUserCircle size={22} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me?.email}</Menu.Label>
        <Menu.Item component={Link} to="/me">
          {t('me')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void signOut().catch(toast.failed)}
        >
          {t('session.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
