import { Button, Group, Stack, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../../api/call.ts';
import { ApiProblem } from '../../../api/problem.ts';
import type { Admin } from '../../../api/schema.gen.ts';
import { useChange } from '../../../api/use-api.ts';
import { takeErrors } from '../../../components/form-errors.ts';
import { Guarded, GuardedButton } from '../../../components/guarded.tsx';
import { type Conflict, MergeDialog } from '../../../components/merge.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';

const ONE = '/v1/admin/admins/{adminId}';

interface Values {
  name: string;
  email: string;
}
const valuesOf = ({ name, email }: Admin): Values => ({ name, email });
const changed = (was: Values, next: Values): Partial<Values> => ({
  ...(was.name !== next.name && { name: next.name }),
  ...(was.email !== next.email && { email: next.email }),
});

/** What an admin is called. */
export function AdminForm({ admin }: { admin: Admin }) {
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const save = useChange(`PATCH ${ONE}`, ['GET /v1/admin/admins', `GET ${ONE}`, 'GET /v1/admin/me']);
  const path = { adminId: admin.id };
  /** What the form began with. */
  const [base, setBase] = useState(admin);
  const [conflict, setConflict] = useState<Conflict<Values> | null>(null);
  const form = useForm<Values>({
    initialValues: valuesOf(admin),
    validate: {
      name: (name) => (name.trim() === '' ? t('admin.nameRule') : null),
      email: (email) => (/^\S+@\S+\.\S+$/.test(email.trim()) ? null : t('admin.emailRule')),
    },
  });
  const take = (fresh: Admin) => {
    setBase(fresh);
    form.setInitialValues(valuesOf(fresh));
    form.setValues(valuesOf(fresh));
    form.resetDirty();
  };
  const send = async (mine: Values, from: Admin): Promise<void> => {
    try {
      const fresh = await save.mutateAsync({ path, body: changed(valuesOf(from), mine), ifMatch: from.version });
      take(fresh);
      const undo = async () =>
        take(await save.mutateAsync({ path, body: changed(valuesOf(fresh), valuesOf(from)), ifMatch: fresh.version }));
      toast.done(t('admin.saved'), undo);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status !== 412) return takeErrors(form, error);
      const theirs = await call(`GET ${ONE}`, { path });
      // Locked or unlocked meanwhile: what is in the form stands as it was.
      if (Object.keys(changed(valuesOf(from), valuesOf(theirs))).length === 0) return send(mine, theirs);
      setConflict({ base: valuesOf(from), mine, theirs: valuesOf(theirs) });
      setBase(theirs);
    }
  };
  const problem = save.error && save.error.status !== 412 ? save.error : null;
  return (
    <Guarded route={`PATCH ${ONE}`}>
      {(missing) => (
        <form
          onSubmit={form.onSubmit((values) => {
            trackFormSubmit('admin');
            void send({ name: values.name.trim(), email: values.email.trim() }, base);
          })}
          noValidate
          aria-label={t('admin.details')}
        >
          <Stack>
            <Title order={3}>{t('admin.details')}</Title>
            {problem && <ProblemAlert problem={problem} />}
            <TextInput
              label={t('admin.name')}
              required
              disabled={missing !== undefined}
              {...form.getInputProps('name')}
            />
            <TextInput
              label={t('admin.email')}
              required
              type="email"
              classNames={{ input: 'ltr' }}
              disabled={missing !== undefined}
              {...form.getInputProps('email')}
            />
            <Group>
              <GuardedButton route={`PATCH ${ONE}`} type="submit" loading={save.isPending} disabled={!form.isDirty()}>
                {shell('save')}
              </GuardedButton>
              {form.isDirty() && (
                <Button variant="default" onClick={form.reset}>
                  {t('discard')}
                </Button>
              )}
            </Group>
          </Stack>
          {conflict && (
            <MergeDialog
              conflict={conflict}
              labelOf={(field) => t(`admin.${field as keyof Values}`)}
              onMerge={(merged) => {
                form.setValues(merged);
                setConflict(null);
                void send(merged, base);
              }}
              onClose={() => setConflict(null)}
            />
          )}
        </form>
      )}
    </Guarded>
  );
}
