import { ActionIcon, Button, Group, Kbd } from '@mantine/core';
import { IconAdjustmentsHorizontal, IconKeyboard, IconSearch, IconUserCircle } from '@tabler/icons-react';
import { type ComponentType, lazy, type ReactNode, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { openKeys, openPalette } from './overlays.ts';

const menus = () => import('./header-menus.tsx');
const DisplayMenu = lazy(async () => ({ default: (await menus()).DisplayMenu }));
const AccountMenu = lazy(async () => ({ default: (await menus()).AccountMenu }));

/** A button whose menu is fetched when somebody is about to open it. */
function OpensMenu({ label, icon, Menu }: { label: string; icon: ReactNode; Menu: ComponentType }) {
  const [asked, setAsked] = useState(false);
  const button = (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={label}
      aria-haspopup="menu"
      onPointerEnter={() => void menus()}
      onFocus={() => void menus()}
      onClick={() => setAsked(true)}
    >
      {icon}
    </ActionIcon>
  );
  return asked ? (
    <Suspense fallback={button}>
      <Menu />
    </Suspense>
  ) : (
    button
  );
}

export function HeaderTools() {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap">
      <Button
        variant="default"
        size="xs"
        leftSection={<IconSearch size={14} aria-hidden />}
        rightSection={<Kbd size="xs">⌘K</Kbd>}
        onClick={openPalette}
        visibleFrom="sm"
      >
        {t('search')}
      </Button>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        hiddenFrom="sm"
        aria-label={t('search')}
        onClick={openPalette}
      >
        <IconSearch size={20} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('keys.title')}
        title={t('keys.title')}
        onClick={openKeys}
        visibleFrom="sm"
      >
        <IconKeyboard size={20} aria-hidden />
      </ActionIcon>
      <OpensMenu
        label={t('preferences.title')}
        icon={<IconAdjustmentsHorizontal size={20} aria-hidden />}
        Menu={DisplayMenu}
      />
      <OpensMenu label={t('me')} icon={<IconUserCircle size={22} aria-hidden />} Menu={AccountMenu} />
    </Group>
  );
}
