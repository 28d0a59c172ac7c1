import {
  ActionIcon,
  Combobox,
  Group,
  Kbd,
  Stack,
  Text,
  TextInput,
  Tooltip,
  useCombobox,
  VisuallyHidden,
} from '@mantine/core';
import { IconHelp, IconRefresh, IconSearch, IconX } from '@tabler/icons-react';
import { type FormEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { useAuditEvent } from '../../hooks/index.ts';
import classes from './audit.module.css';
import { placeAt } from './query/suggest.ts';
import type { Query } from './use-asked.ts';
import { useProposals } from './use-proposals.ts';

interface QueryBarProps {
  query: Pick<Query, 'view' | 'text' | 'setText' | 'refresh'>;
  onHelp: () => void;
  children?: ReactNode;
}

/** The field a query is written in. What is typed is its own until Enter: the list below is not drawn again with every letter. */
export function QueryBar({ query, onHelp, children }: QueryBarProps) {
  const { t } = useTranslation('audit');
  const { view, text: asked, setText: ask, refresh } = query;
  const { trackSearch } = useAuditEvent();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(asked);
  const [caret, setCaret] = useState<number | null>(null);
  // The address changed by itself: the way back, a chip that was removed, a value that was clicked.
  useEffect(() => setText((was) => (was.trim() === asked ? was : asked)), [asked]);
  const place = useMemo(() => (caret === null ? null : placeAt(text, caret, view)), [text, caret, view]);
  const proposals = useProposals(place, view);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const changed = text.trim() !== asked;

  const run = (next: string) => {
    combobox.closeDropdown();
    setText(next);
    if (next.trim() === asked) refresh();
    else ask(next);
    trackSearch(`audit-${view}`);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    run(text);
  };
  const choose = (index: string) => {
    const chosen = proposals[Number(index)];
    if (!place || !chosen) return;
    const head = `${text.slice(0, place.start)}${chosen.text}${chosen.open ? '' : ' '}`;
    const next = `${head}${text.slice(place.end).trimStart()}`;
    if (!chosen.open) run(next);
    // At once: what is typed next must not be overtaken by the caret.
    flushSync(() => {
      setText(next);
      setCaret(head.length);
    });
    input.current?.setSelectionRange(head.length, head.length);
    combobox.resetSelectedOption();
  };
  const follow = () => setCaret(input.current?.selectionStart ?? null);

  return (
    <Stack gap={4}>
      <Group gap="xs" wrap="wrap">
        <search className={classes.bar}>
          <form onSubmit={submit}>
            <Combobox store={combobox} onOptionSubmit={choose} withinPortal position="bottom-start" shadow="md">
              <Combobox.Target withExpandedAttribute>
                <TextInput
                  ref={input}
                  data-search-field
                  role="combobox"
                  aria-label={t('query.label')}
                  placeholder={t('query.placeholder')}
                  className={classes.query}
                  value={text}
                  autoComplete="off"
                  spellCheck={false}
                  leftSection={<IconSearch size={16} aria-hidden />}
                  rightSection={changed ? <Kbd size="xs">↵</Kbd> : text === '' ? <Kbd size="xs">/</Kbd> : null}
                  onChange={(event) => {
                    setText(event.currentTarget.value);
                    setCaret(event.currentTarget.selectionStart);
                    combobox.openDropdown();
                    combobox.resetSelectedOption();
                  }}
                  onFocus={() => {
                    follow();
                    combobox.openDropdown();
                  }}
                  onClick={() => {
                    follow();
                    combobox.openDropdown();
                  }}
                  onKeyUp={follow}
                  onBlur={() => {
                    combobox.closeDropdown();
                    setCaret(null);
                  }}
                />
              </Combobox.Target>
              <Combobox.Dropdown hidden={proposals.length === 0}>
                <Combobox.Options aria-label={t('query.proposals')} mah={300} className={classes.proposals}>
                  {proposals.map((proposal, index) => (
                    <Combobox.Option key={proposal.text} value={String(index)} aria-label={proposal.text}>
                      <code>{proposal.text}</code>
                      {proposal.hint && (
                        <Text span size="sm" c="dimmed" ms="xs">
                          {proposal.hint}
                        </Text>
                      )}
                    </Combobox.Option>
                  ))}
                </Combobox.Options>
              </Combobox.Dropdown>
            </Combobox>
          </form>
        </search>
        <Tooltip label={t('query.refresh')}>
          <ActionIcon variant="default" size={36} aria-label={t('query.refresh')} onClick={() => run(text)}>
            <IconRefresh size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        {text !== '' && (
          <Tooltip label={t('query.clear')}>
            <ActionIcon variant="default" size={36} aria-label={t('query.clear')} onClick={() => run('')}>
              <IconX size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={t('query.help')}>
          <ActionIcon variant="default" size={36} aria-label={t('query.help')} onClick={onHelp}>
            <IconHelp size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        {children}
      </Group>
      <VisuallyHidden role="status">{changed && t('query.press')}</VisuallyHidden>
    </Stack>
  );
}
