import { Button, Group, Modal, Radio, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import type { Api } from '../../../api/schema.gen.ts';
import { useChange } from '../../../api/use-api.ts';
import { useFocusBack } from '../../../components/focus-back.ts';
import { takeErrors } from '../../../components/form-errors.ts';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import { EventChoice } from './event-choice.tsx';
import type { Secret } from './secret-dialog.tsx';

const ROUTE = 'POST /v1/admin/notification-channels';
const TYPES = ['webhook', 'slack', 'email'] as const;
type Body = Api[typeof ROUTE]['body'];

interface Values {
  type: (typeof TYPES)[number];
  name: string;
  url: string;
  recipients: string[];
  events: string[];
  enabled: boolean;
}

/** What the API is sent: an address or recipients, never both. */
const bodyOf = ({ type, url, recipients, name, ...rest }: Values): Body =>
  ({ type, name: name.trim(), ...(type === 'email' ? { recipients } : { url: url.trim() }), ...rest }) as Body;

interface CreateChannelProps {
  onClose: () => void;
  /** A webhook's secret, which is told this once. */
  onSecret: (secret: Secret) => void;
}

export function CreateChannel({ onClose, onSecret }: CreateChannelProps) {
  useFocusBack();
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const create = useChange(ROUTE, ['GET /v1/admin/notification-channels']);
  const form = useForm<Values>({
    initialValues: { type: 'webhook', name: '', url: '', recipients: [], events: [], enabled: true },
    validate: {
      name: (name) => (name.trim() === '' ? t('channel.nameRule') : null),
      url: (url, { type }) => (type !== 'email' && !/^https?:\/\/./.test(url.trim()) ? t('channel.urlRule') : null),
      recipients: (all, { type }) => (type === 'email' && all.length === 0 ? t('channel.recipientsRule') : null),
      events: (events) => (events.length === 0 ? t('channel.eventsRule') : null),
    },
  });
  const submit = form.onSubmit((values) => {
    trackFormSubmit('create-channel');
    create.mutate(
      { body: bodyOf(values) },
      {
        onSuccess: ({ name, secret }) => {
          toast.done(t('channel.created', { name }));
          onClose();
          if (secret) onSecret({ name, secret });
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  const { type } = form.values;
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('channel.new')}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          {create.error && <ProblemAlert problem={create.error} />}
          <Radio.Group label={t('channel.type')} {...form.getInputProps('type')}>
            <Group mt={6}>
              {TYPES.map((each) => (
                <Radio key={each} value={each} label={t(`channelType.${each}`)} />
              ))}
            </Group>
          </Radio.Group>
          <TextInput label={t('channel.name')} required data-autofocus {...form.getInputProps('name')} />
          {type === 'email' ? (
            <TagsInput
              label={t('channel.recipients')}
              description={t('channel.recipientsHint')}
              required
              maxTags={20}
              splitChars={[',', ' ', ';', '\n']}
              {...form.getInputProps('recipients')}
            />
          ) : (
            <TextInput
              label={t('channel.url')}
              description={t(`channel.urlHint_${type}`)}
              required
              type="url"
              autoComplete="off"
              classNames={{ input: 'ltr' }}
              {...form.getInputProps('url')}
            />
          )}
          <EventChoice
            value={form.values.events}
            onChange={(events) => form.setFieldValue('events', events)}
            error={form.errors.events}
          />
          <Switch label={t('channel.enabled')} {...form.getInputProps('enabled', { type: 'checkbox' })} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shell('cancel')}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {shell('create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
