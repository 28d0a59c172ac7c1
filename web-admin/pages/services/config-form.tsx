import {
  Button,
  Fieldset,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { zod4Resolver } from 'mantine-form-zod-resolver';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { configState } from '../../../domain/services/schema.ts';
import { call } from '../../api/call.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { ServiceConfig } from '../../api/schema.gen.ts';
import { keyOf, useChange } from '../../api/use-api.ts';
import { useVerdict } from '../../api/use-me.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { GuardedButton, useMissing } from '../../components/guarded.tsx';
import { MergeDialog } from '../../components/merge.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { changedFields, useMergingSave } from './use-merging-save.ts';
import { useUnsaved } from './use-unsaved.ts';

type Settings = Omit<ServiceConfig, 'id' | 'serviceId' | 'version' | 'updatedAt'>;

const READ = 'GET /v1/admin/services/{id}/config';
const ROUTE = 'PATCH /v1/admin/services/{id}/config';
const LEVELS = ['MINIMAL', 'STANDARD', 'DETAILED'] as const;

const settingsOf = ({ id, serviceId, version, updatedAt, ...settings }: ServiceConfig): Settings => settings;

/** What the gate asks of a request. Saved whole, against the version it began with. */
export function ConfigForm({ config }: { config: ServiceConfig }) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const client = useQueryClient();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackFormSubmit } = useAuditEvent();
  const { mutateAsync: patch } = useChange(ROUTE);
  const path = { id: config.serviceId };
  const missing = useMissing()(useVerdict()(ROUTE, config.serviceId));
  const [reason, setReason] = useState('');
  const form = useForm<Settings>({ initialValues: settingsOf(config), validate: zod4Resolver(configState) });

  const take = (fresh: ServiceConfig) => {
    client.setQueryData(keyOf(READ, { path }), fresh);
    form.setInitialValues(settingsOf(fresh));
    form.setValues(settingsOf(fresh));
    form.resetDirty();
  };
  const saving = useMergingSave<ServiceConfig, Settings>({
    item: config,
    stateOf: settingsOf,
    read: () => call(READ, { path }),
    save: async (mine, was, ifMatch) => {
      const change = { path, ifMatch, reason, body: changedFields(was, mine) };
      try {
        return await patch(change);
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.code !== 'would_lock_out') throw error;
        const question = { title: t('config.lockOut'), body: error.message, confirm: t('config.saveAnyway') };
        if (!(await confirm({ ...question, danger: true }))) throw error;
        return await patch({ ...change, query: { force: 'true' } });
      }
    },
    onSaved: (fresh, before) => {
      take(fresh);
      setReason('');
      toast.done(t('config.saved'), async () => {
        const body = changedFields(settingsOf(fresh), settingsOf(before));
        const back = await patch({ path, ifMatch: fresh.version, body });
        saving.setBase(back);
        take(back);
      });
    },
  });
  const dirty = form.isDirty();
  useUnsaved(dirty);
  // What others saved is shown as long as nothing was changed here; otherwise it is met on saving.
  const { base, setBase } = saving;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a newer version counts, not what the form has become meanwhile
  useEffect(() => {
    if (dirty || config.version <= base.version) return;
    setBase(config);
    take(config);
  }, [config.version, base.version, dirty]);

  const submit = form.onSubmit((values) => {
    trackFormSubmit('service-config');
    void saving.submit(values);
  });
  const off = missing !== undefined;
  // Whoever was asked about it has read it.
  const { problem: met } = saving;
  const problem = met instanceof ApiProblem && met.code === 'would_lock_out' ? null : met;
  const flag = (
    name: 'jwtValidation' | 'domainValidation' | 'ipWhitelistEnabled' | 'rateLimitEnabled' | 'maintenanceMode',
  ) => (
    <Switch
      label={t(`config.${name}`)}
      description={t(`config.${name}Hint`)}
      disabled={off}
      {...form.getInputProps(name, { type: 'checkbox' })}
    />
  );
  return (
    <form onSubmit={submit} noValidate aria-label={t('config.form')}>
      <Stack maw={860}>
        {missing && (
          <Text size="sm" c="dimmed">
            {missing}
          </Text>
        )}
        {problem && <ProblemAlert problem={problem} />}
        <Fieldset legend={t('config.checks')}>
          <Stack>
            {flag('jwtValidation')}
            {flag('domainValidation')}
            {flag('ipWhitelistEnabled')}
            <TagsInput
              label={t('config.ipWhitelist')}
              description={t('config.ipWhitelistHint')}
              splitChars={[',', ' ', '\n']}
              disabled={off}
              {...form.getInputProps('ipWhitelist')}
            />
          </Stack>
        </Fieldset>
        <Fieldset legend={t('config.limits')}>
          <Stack>
            {flag('rateLimitEnabled')}
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <NumberInput
                label={t('config.rateLimitRequests')}
                min={1}
                max={1_000_000}
                disabled={off}
                {...form.getInputProps('rateLimitRequests')}
              />
              <NumberInput
                label={t('config.rateLimitWindow')}
                min={1}
                max={86_400}
                disabled={off}
                {...form.getInputProps('rateLimitWindow')}
              />
            </SimpleGrid>
          </Stack>
        </Fieldset>
        <Fieldset legend={t('config.maintenance')}>
          <Stack>
            {flag('maintenanceMode')}
            <Textarea
              label={t('config.maintenanceMessage')}
              autosize
              minRows={2}
              disabled={off}
              {...form.getInputProps('maintenanceMessage')}
              value={form.values.maintenanceMessage ?? ''}
              onChange={(event) => form.setFieldValue('maintenanceMessage', event.currentTarget.value || null)}
            />
          </Stack>
        </Fieldset>
        <Fieldset legend={t('config.audit')}>
          <Select
            label={t('config.auditLevel')}
            data={LEVELS.map((value) => ({ value, label: t(`config.level.${value}`) }))}
            allowDeselect={false}
            disabled={off}
            {...form.getInputProps('auditLevel')}
          />
        </Fieldset>
        <TextInput
          label={shell('confirm.reason')}
          description={shell('confirm.reasonHint')}
          value={reason}
          maxLength={1000}
          disabled={off}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group>
          <GuardedButton
            route={ROUTE}
            serviceId={config.serviceId}
            type="submit"
            loading={saving.pending}
            disabled={!dirty}
          >
            {shell('save')}
          </GuardedButton>
          {dirty && (
            <Button variant="default" onClick={form.reset}>
              {t('config.discard')}
            </Button>
          )}
        </Group>
      </Stack>
      {saving.conflict && (
        <MergeDialog
          conflict={saving.conflict}
          labelOf={(field) => t(`config.${field as keyof Settings}`)}
          onMerge={saving.merge}
          onClose={saving.callOff}
        />
      )}
    </form>
  );
}
