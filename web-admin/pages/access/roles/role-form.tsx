import { Alert, Button, Group, Modal, NumberInput, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../../api/call.ts';
import { ApiProblem } from '../../../api/problem.ts';
import type { Role } from '../../../api/schema.gen.ts';
import { useChange } from '../../../api/use-api.ts';
import { useMe } from '../../../api/use-me.ts';
import { useConfirm } from '../../../components/confirm.tsx';
import { useFocusBack } from '../../../components/focus-back.ts';
import { takeErrors } from '../../../components/form-errors.ts';
import { GuardedButton } from '../../../components/guarded.tsx';
import { type Conflict, MergeDialog } from '../../../components/merge.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import type { Permission } from '../permissions.ts';
import { PermissionChoice } from './permission-choice.tsx';

const ALL = '/v1/admin/roles';
const ONE = '/v1/admin/roles/{roleId}';
const STALE = [`GET ${ALL}`, 'GET /v1/admin/me'] as const;

interface Values {
  name: string;
  description: string;
  permissions: string[];
  rank: number;
}
const EMPTY: Values = { name: '', description: '', permissions: [], rank: 100 };
const valuesOf = ({ name, description, permissions, rank }: Role): Values => ({
  name,
  description: description ?? '',
  permissions: permissions.toSorted(),
  rank,
});
const bodyOf = ({ description, permissions, ...rest }: Values) => ({
  ...rest,
  description: description.trim() || null,
  permissions: permissions as Permission[],
});

interface RoleFormProps {
  /** Absent: a new one. */
  role?: Role;
  onClose: () => void;
}

/** A role of one's own: its name and what it may do. */
export function RoleForm({ role, onClose }: RoleFormProps) {
  useFocusBack();
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  const { data: me } = useMe();
  const toast = useToast();
  const confirm = useConfirm();
  const { trackFormSubmit, trackButtonClick } = useAuditEvent();
  const create = useChange(`POST ${ALL}`, [...STALE]);
  const save = useChange(`PATCH ${ONE}`, [...STALE]);
  const remove = useChange(`DELETE ${ONE}`, [...STALE]);
  const [base, setBase] = useState(role);
  const [conflict, setConflict] = useState<Conflict<Values> | null>(null);
  const form = useForm<Values>({
    initialValues: role ? valuesOf(role) : EMPTY,
    validate: { name: (name) => (/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) ? null : t('role.nameRule')) },
  });
  const mine = role !== undefined && me?.grants.some((grant) => grant.role === role.name);

  const change = async (values: Values, from: Role): Promise<void> => {
    const path = { roleId: from.id };
    try {
      const fresh = await save.mutateAsync({ path, body: bodyOf(values), ifMatch: from.version });
      toast.done(t('role.saved'), () =>
        save.mutateAsync({ path, body: bodyOf(valuesOf(from)), ifMatch: fresh.version }),
      );
      onClose();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status !== 412) return takeErrors(form, error);
      const theirs = await call(`GET ${ONE}`, { path });
      setConflict({ base: valuesOf(from), mine: values, theirs: valuesOf(theirs) });
      setBase(theirs);
    }
  };
  const submit = form.onSubmit((values) => {
    trackFormSubmit('role');
    const sorted = { ...values, permissions: values.permissions.toSorted() };
    if (base) return void change(sorted, base);
    create.mutate(
      { body: bodyOf(sorted) },
      {
        onSuccess: ({ name }) => {
          toast.done(t('role.created', { name }));
          onClose();
        },
        onError: (problem) => takeErrors(form, problem),
      },
    );
  });
  const askRemove = async (of: Role) => {
    trackButtonClick('remove-role');
    const answer = await confirm({
      title: t('role.removeTitle', { name: of.name }),
      body: t('role.removeHint'),
      confirm: shell('remove'),
      danger: true,
      reason: 'optional',
    });
    if (!answer) return;
    const { id: roleId, version } = of;
    remove.mutateAsync({ path: { roleId }, ifMatch: version, reason: answer.reason }).then(() => {
      toast.done(t('role.removed'), () => create.mutateAsync({ body: bodyOf(valuesOf(of)) }));
      onClose();
    }, toast.failed);
  };
  const failed = create.error ?? (save.error?.status === 412 ? null : save.error);
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={role ? t('role.edit', { name: role.name }) : t('role.new')}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          {failed && <ProblemAlert problem={failed} />}
          {mine && (
            <Alert
              role="note"
              color="orange"
              variant="light"
              icon={<IconAlertTriangle aria-hidden />}
              title={t('role.yours')}
            >
              {t('role.yoursHint')}
            </Alert>
          )}
          <TextInput
            label={t('role.name')}
            description={t('role.nameHint')}
            required
            autoComplete="off"
            classNames={{ input: 'ltr' }}
            data-autofocus
            {...form.getInputProps('name')}
          />
          <Textarea label={t('role.description')} autosize minRows={2} {...form.getInputProps('description')} />
          <PermissionChoice
            value={form.values.permissions}
            onChange={(permissions) => form.setFieldValue('permissions', permissions)}
            error={form.errors.permissions}
          />
          <NumberInput
            label={t('role.rank')}
            description={t('role.rankHint')}
            min={1}
            max={1000}
            {...form.getInputProps('rank')}
          />
          {role && (
            <Link to="/access" search={{ view: 'grants', role: role.id }}>
              {t('role.holders')}
            </Link>
          )}
          <Group justify="space-between">
            {base ? (
              <GuardedButton
                route={`DELETE ${ONE}`}
                variant="default"
                loading={remove.isPending}
                onClick={() => void askRemove(base)}
              >
                {shell('remove')}
              </GuardedButton>
            ) : (
              <span />
            )}
            <Group>
              <Button variant="default" onClick={onClose}>
                {shell('cancel')}
              </Button>
              <GuardedButton
                route={role ? `PATCH ${ONE}` : `POST ${ALL}`}
                type="submit"
                loading={create.isPending || save.isPending}
                disabled={role !== undefined && !form.isDirty()}
              >
                {role ? shell('save') : shell('create')}
              </GuardedButton>
            </Group>
          </Group>
        </Stack>
      </form>
      {conflict && base && (
        <MergeDialog
          conflict={conflict}
          labelOf={(field) => t(`role.${field as keyof Values}`)}
          onMerge={(merged) => {
            form.setValues(merged);
            setConflict(null);
            void change(merged, base);
          }}
          onClose={() => setConflict(null)}
        />
      )}
    </Modal>
  );
}
