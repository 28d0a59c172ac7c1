import { Button, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconClockOff, IconFilterOff, IconInbox, IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api/problem.ts';

const ICONS = { none: IconInbox, noMatch: IconFilterOff, noPermission: IconLock, beyondRetention: IconClockOff };

interface EmptyProps {
  /** Nothing yet, nothing that matches, nothing for you, or nothing any more. */
  kind: keyof typeof ICONS;
  title?: string;
  hint?: ReactNode;
  /** Of `noMatch`: takes the filters away. */
  onClear?: () => void;
  /** Of `none`: what makes the first one. */
  action?: ReactNode;
}

export function Empty({ kind, title, hint, onClear, action }: EmptyProps) {
  const { t } = useTranslation();
  const Icon = ICONS[kind];
  const usual = kind === 'none' || kind === 'noPermission' ? null : kind === 'noMatch' ? t('empty.noMatchHint') : null;
  return (
    <Stack align="center" gap="xs" py="xl" px="md" role="status" data-empty={kind}>
      <ThemeIcon variant="light" color="gray" size={44} radius="xl" aria-hidden>
        <Icon size={24} />
      </ThemeIcon>
      <Title order={2} size="h3" ta="center">
        {title ?? t(`empty.${kind}`)}
      </Title>
      {(hint ?? usual) && (
        <Text c="dimmed" size="sm" ta="center" maw={480}>
          {hint ?? usual}
        </Text>
      )}
      {onClear && (
        <Button variant="default" size="xs" onClick={onClear}>
          {t('clear')}
        </Button>
      )}
      {action}
    </Stack>
  );
}

/** The empty state of a refused read. The sentence of a 403 names what is missing. */
export function NoPermission({ missing, problem }: { missing?: string[]; problem?: unknown }) {
  const { t } = useTranslation();
  const said = problem instanceof ApiProblem ? problem.message : undefined;
  return (
    <Empty
      kind="noPermission"
      hint={missing ? t('empty.noPermissionHint', { permissions: missing.join(', ') }) : said}
    />
  );
}
