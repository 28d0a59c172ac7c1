import { ActionIcon, Button, CopyButton, Group, Popover, Stack, Text, TextInput, UnstyledButton } from '@mantine/core';
import { IconBookmark, IconCheck, IconLink, IconPencil, IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import type { Query } from './use-asked.ts';
import { addressOfView, type SavedView, useSavedViews } from './use-saved-views.ts';

function NameForm({
  label,
  button,
  start,
  onName,
}: {
  label: string;
  button: ReactNode;
  start: string;
  onName: (name: string) => void;
}) {
  const [name, setName] = useState(start);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    onName(name.trim());
    setName(start);
  };
  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <TextInput
          label={label}
          value={name}
          maxLength={80}
          size="sm"
          flex={1}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" size="sm" variant="default" disabled={name.trim() === ''}>
          {button}
        </Button>
      </Group>
    </form>
  );
}

interface RowProps {
  saved: SavedView;
  onOpen: () => void;
  onRename: (name: string) => void;
  onRemove: () => void;
}

function Row({ saved, onOpen, onRename, onRemove }: RowProps) {
  const { t } = useTranslation('audit');
  const { t: shell } = useTranslation();
  const [renaming, setRenaming] = useState(false);
  const { name, text } = saved;
  if (renaming)
    return (
      <NameForm
        label={t('views_saved.renameTitle')}
        button={shell('save')}
        start={name}
        onName={(next) => {
          onRename(next);
          setRenaming(false);
        }}
      />
    );
  return (
    <Group gap={2} wrap="nowrap">
      <UnstyledButton flex={1} miw={0} mih={36} onClick={onOpen}>
        <Text size="sm" truncate>
          {name}
        </Text>
        <Text size="xs" c="dimmed" truncate className="ltr">
          {text || t('views_saved.everything')}
        </Text>
      </UnstyledButton>
      <CopyButton value={`${window.location.origin}${addressOfView(saved)}`}>
        {({ copied, copy }) => (
          <ActionIcon variant="subtle" color="gray" aria-label={t('views_saved.copyLink', { name })} onClick={copy}>
            {copied ? <IconCheck size={16} aria-hidden /> : <IconLink size={16} aria-hidden />}
          </ActionIcon>
        )}
      </CopyButton>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('views_saved.rename', { name })}
        onClick={() => setRenaming(true)}
      >
        <IconPencil size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label={t('views_saved.remove', { name })} onClick={onRemove}>
        <IconTrash size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
}

/** The queries somebody comes back to. */
export function SavedViews({ query }: { query: Query }) {
  const { t } = useTranslation('audit');
  const navigate = useNavigate();
  const toast = useToast();
  const { trackButtonClick } = useAuditEvent();
  const { views, add, rename, remove, put } = useSavedViews();
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={340} trapFocus returnFocus shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconBookmark size={16} aria-hidden />}
          aria-expanded={opened}
          onClick={() => setOpened((was) => !was)}
        >
          {t('views_saved.menu')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('views_saved.title')} maw="calc(100vw - 24px)">
        <Stack gap="xs">
          <Text size="sm" c="dimmed">
            {t('views_saved.hint')}
          </Text>
          {views.length === 0 && <Text size="sm">{t('views_saved.none')}</Text>}
          {views.map((saved) => (
            <Row
              key={saved.id}
              saved={saved}
              onOpen={() => {
                setOpened(false);
                void navigate({ href: addressOfView(saved) });
              }}
              onRename={(name) => rename(saved.id, name)}
              onRemove={() => {
                remove(saved.id);
                toast.done(t('views_saved.removed'), async () => put(views));
              }}
            />
          ))}
          <NameForm
            label={t('views_saved.name')}
            button={t('views_saved.save')}
            start=""
            onName={(name) => {
              trackButtonClick('audit-save-view');
              add({ name, view: query.view, text: query.text });
              toast.done(t('views_saved.saved'));
            }}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
