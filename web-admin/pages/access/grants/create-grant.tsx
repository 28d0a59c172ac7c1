import { Alert, Button, Group, Modal, Radio, Stack, Textarea } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChange } from '../../../api/use-api.ts';
import { useMe } from '../../../api/use-me.ts';
import { useFocusBack } from '../../../components/focus-back.ts';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useToast } from '../../../components/toast.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';
import { AdminPicker, RolePicker, ServicePicker } from '../pickers.tsx';

const STALE = ['GET /v1/admin/grants', 'GET /v1/admin/me'] as const;

interface CreateGrantProps {
  /** What the list beside is about. */
  admin: string | null;
  service: string | null;
  onClose: () => void;
}

/** Gives an admin a role, everywhere or for one service. */
export function CreateGrant({ admin, service, onClose }: CreateGrantProps) {
  useFocusBack();
  const { t } = useTranslation('access');
  const { t: shell } = useTranslation();
  const { data: me } = useMe();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const give = useChange('POST /v1/admin/grants', [...STALE]);
  const take = useChange('DELETE /v1/admin/grants/{grantId}', [...STALE]);
  const [adminId, setAdmin] = useState(admin);
  const [roleId, setRole] = useState<string | null>(null);
  const [where, setWhere] = useState<'everywhere' | 'service'>(service ? 'service' : 'everywhere');
  const [serviceId, setService] = useState(service);
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const missing = (value: string | null) => (tried && value === null ? t('grant.needed') : null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (adminId === null || roleId === null || (where === 'service' && serviceId === null)) return;
    trackFormSubmit('create-grant');
    give.mutate(
      { body: { adminId, roleId, serviceId: where === 'service' ? serviceId : null }, reason },
      {
        onSuccess: ({ id, role, email }) => {
          const undo = () => take.mutateAsync({ path: { grantId: id } });
          toast.done(t('grant.added', { role, email }), undo);
          onClose();
        },
      },
    );
  };
  return (
    <Modal opened onClose={onClose} title={t('grant.new')} closeButtonProps={{ 'aria-label': shell('close') }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {give.error && <ProblemAlert problem={give.error} />}
          <AdminPicker label={t('grant.admin')} required value={adminId} onChange={setAdmin} error={missing(adminId)} />
          {adminId !== null && adminId === me?.id && (
            <Alert role="note" color="orange" variant="light" icon={<IconAlertTriangle aria-hidden />}>
              {t('grant.toYourself')}
            </Alert>
          )}
          <RolePicker label={t('grant.role')} required value={roleId} onChange={setRole} error={missing(roleId)} />
          <Radio.Group
            label={t('grant.where')}
            value={where}
            onChange={(value) => setWhere(value === 'service' ? 'service' : 'everywhere')}
          >
            <Group mt={6}>
              <Radio value="everywhere" label={t('everywhere')} />
              <Radio value="service" label={t('grant.oneService')} />
            </Group>
          </Radio.Group>
          {where === 'service' && (
            <ServicePicker
              label={t('grant.service')}
              required
              value={serviceId}
              onChange={setService}
              error={missing(serviceId)}
            />
          )}
          <Textarea
            label={shell('confirm.reason')}
            description={shell('confirm.reasonHint')}
            maxLength={1000}
            autosize
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shell('cancel')}
            </Button>
            <Button type="submit" loading={give.isPending}>
              {t('grant.give')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
