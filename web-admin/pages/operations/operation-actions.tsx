import { Button, Group, Menu, Stack, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../api/schema.gen.ts';
import { useMe } from '../../api/use-me.ts';
import { useFormat } from '../../i18n/format.ts';
import { useVerb } from './use-verb.ts';
import { concerns, type Off, offOf, VERBS, type Verb } from './verbs.ts';

const DANGEROUS: ReadonlySet<Verb> = new Set(['break_glass', 'cancel', 'reject']);
const PRIMARY: ReadonlySet<Verb> = new Set(['approve', 'start', 'resume']);

function useOffText(phase: Operation['phase']): (off: Off) => string {
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  const { list } = useFormat();
  return (off) => {
    switch (off.why) {
      case 'phase':
        return t('off.phase', { phase: t(`phase.${phase}`) });
      case 'irreversible':
        return t('off.irreversible', { because: off.because });
      case 'roles':
        return t('off.roles', { roles: list(off.roles) });
      case 'permission':
        return shell('needsPermission', { permissions: off.missing.join(', ') });
      default:
        return t(`off.${off.why}`);
    }
  };
}

/** What is pressed by key goes away with its phase: the focus goes to what may be done next, and not to the top of the page. */
function useFocusOnNext(phase: Operation['phase']) {
  const group = useRef<HTMLDivElement>(null);
  const pressedAt = useRef<Operation['phase']>(null);
  useEffect(() => {
    if (pressedAt.current === null || pressedAt.current === phase) return;
    pressedAt.current = null;
    if (document.activeElement === document.body) group.current?.querySelector('button')?.focus();
  }, [phase]);
  return {
    group,
    pressed: () => {
      pressedAt.current = phase;
    },
  };
}

/** What may be done now, as buttons; what may not, in a list that says why. */
export function OperationActions({ operation }: { operation: Operation }) {
  const { t } = useTranslation('operations');
  const { data: me } = useMe();
  const offText = useOffText(operation.phase);
  const ask = useVerb(operation);
  const { group, pressed } = useFocusOnNext(operation.phase);
  if (!me) return null;
  const judged = VERBS.filter((verb) => concerns(verb, operation)).map((verb) => ({
    verb,
    off: offOf(verb, operation, me),
  }));
  const refused = judged.flatMap(({ verb, off }) => (off ? [{ verb, off }] : []));
  return (
    <Group ref={group} gap="xs">
      {judged
        .filter(({ off }) => off === null)
        .map(({ verb }) => (
          <Button
            key={verb}
            variant={PRIMARY.has(verb) ? 'filled' : 'default'}
            c={DANGEROUS.has(verb) ? 'var(--mantine-color-error)' : undefined}
            onClick={() => {
              pressed();
              void ask(verb);
            }}
          >
            {t(`verb.${verb}`)}
          </Button>
        ))}
      {refused.length > 0 && (
        <Menu position="bottom-end" width={320}>
          <Menu.Target>
            <Button variant="subtle" color="gray" rightSection={<IconChevronDown size={16} aria-hidden />}>
              {t('notNow')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {refused.map(({ verb, off }) => (
              <Menu.Item key={verb} aria-disabled closeMenuOnClick={false} data-refused={verb}>
                <Stack gap={0}>
                  <Text size="sm">{t(`verb.${verb}`)}</Text>
                  <Text size="xs" c="dimmed" dir="auto">
                    {offText(off)}
                  </Text>
                </Stack>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Group>
  );
}
