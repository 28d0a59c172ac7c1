import { Button, Group, Stack, TagsInput, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Answer, call, type Input } from '../../../api/call.ts';
import { ApiProblem } from '../../../api/problem.ts';
import type { NotificationChannel } from '../../../api/schema.gen.ts';
import { keyOf, useChange } from '../../../api/use-api.ts';
import { takeErrors } from '../../../components/form-errors.ts';
import { Guarded, GuardedButton } from '../../../components/guarded.tsx';
import { type Conflict, MergeDialog } from '../../../components/merge.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import { EventChoice } from './event-choice.tsx';

const ONE = '/v1/admin/notification-channels/{id}';
type Body = Input<`PATCH ${typeof ONE}`>['body'];

/** What can be seen of a channel's settings, and so be compared. */
interface Settings {
  name: string;
  events: string[];
  recipients: string[];
}
/** The address is never shown: empty leaves it as it is. */
type Values = Settings & { url: string };

const settingsOf = ({ name, events, settings }: NotificationChannel): Settings => ({
  name,
  events,
  recipients: settings.recipients ?? [],
});

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The fields of `next` that differ from `was`, and a new address. */
const changes = (was: Settings, { url, ...next }: Values): Body =>
  ({
    ...Object.fromEntries(Object.entries(next).filter(([field, value]) => !same(value, was[field as keyof Settings]))),
    ...(url.trim() && { url: url.trim() }),
  }) as Body;

export function ChannelForm({ channel }: { channel: NotificationChannel }) {
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const client = useQueryClient();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const save = useChange(`PATCH ${ONE}`, ['GET /v1/admin/notification-channels']);
  const path = { id: channel.id };
  /** What the form began with, whatever is loaded meanwhile. */
  const [base, setBase] = useState(channel);
  const [conflict, setConflict] = useState<Conflict<Settings> | null>(null);
  const form = useForm<Values>({
    initialValues: { ...settingsOf(channel), url: '' },
    validate: {
      name: (name) => (name.trim() === '' ? t('channel.nameRule') : null),
      url: (url) => (url.trim() !== '' && !/^https?:\/\/./.test(url.trim()) ? t('channel.urlRule') : null),
      events: (events) => (events.length === 0 ? t('channel.eventsRule') : null),
    },
  });

  const take = (fresh: Answer<`PATCH ${typeof ONE}`>) => {
    client.setQueryData(keyOf(`GET ${ONE}`, { path }), fresh);
    const values = { ...settingsOf(fresh), url: '' };
    setBase(fresh);
    form.setInitialValues(values);
    form.setValues(values);
    form.resetDirty();
  };
  const putBack = async (before: NotificationChannel, after: NotificationChannel) => {
    const body = changes(settingsOf(after), { ...settingsOf(before), url: '' });
    take(await save.mutateAsync({ path, ifMatch: after.version, body }));
  };
  const send = async (mine: Values, from: NotificationChannel): Promise<void> => {
    try {
      const fresh = await save.mutateAsync({ path, body: changes(settingsOf(from), mine), ifMatch: from.version });
      take(fresh);
      // An address that nobody can see cannot be put back.
      toast.done(t('channel.saved'), mine.url ? undefined : () => putBack(from, fresh));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status !== 412) return takeErrors(form, error);
      const theirs = await call(`GET ${ONE}`, { path });
      const { url: _, ...settings } = mine;
      setConflict({ base: settingsOf(from), mine: settings, theirs: settingsOf(theirs) });
      setBase(theirs);
    }
  };
  const submit = form.onSubmit((values) => {
    trackFormSubmit('channel');
    void send(values, base);
  });
  const problem = save.error && save.error.status !== 412 ? save.error : null;
  const merge = (merged: Settings) => {
    const values = { ...merged, url: form.values.url };
    form.setValues(values);
    setConflict(null);
    void send(values, base);
  };
  return (
    <Guarded route={`PATCH ${ONE}`}>
      {(missing) => (
        <form onSubmit={submit} noValidate aria-label={t('channel.settings')}>
          <Stack>
            <Title order={3}>{t('channel.settings')}</Title>
            {problem && <ProblemAlert problem={problem} />}
            <TextInput
              label={t('channel.name')}
              required
              disabled={missing !== undefined}
              {...form.getInputProps('name')}
            />
            {channel.type === 'email' ? (
              <TagsInput
                label={t('channel.recipients')}
                description={t('channel.recipientsHint')}
                maxTags={20}
                splitChars={[',', ' ', ';', '\n']}
                disabled={missing !== undefined}
                {...form.getInputProps('recipients')}
              />
            ) : (
              <TextInput
                label={t('channel.newUrl')}
                description={t('channel.newUrlHint', { origin: channel.settings.origin })}
                type="url"
                autoComplete="off"
                classNames={{ input: 'ltr' }}
                disabled={missing !== undefined}
                {...form.getInputProps('url')}
              />
            )}
            <EventChoice
              value={form.values.events}
              onChange={(events) => form.setFieldValue('events', events)}
              error={form.errors.events}
              disabled={missing !== undefined}
            />
            <Group>
              <GuardedButton route={`PATCH ${ONE}`} type="submit" loading={save.isPending} disabled={!form.isDirty()}>
                {shell('save')}
              </GuardedButton>
              {form.isDirty() && (
                <Button variant="default" onClick={form.reset}>
                  {t('channel.discard')}
                </Button>
              )}
            </Group>
          </Stack>
          {conflict && (
            <MergeDialog
              conflict={conflict}
              labelOf={(field) => t(`channel.${field as keyof Settings}`)}
              onMerge={merge}
              onClose={() => setConflict(null)}
            />
          )}
        </form>
      )}
    </Guarded>
  );
}
