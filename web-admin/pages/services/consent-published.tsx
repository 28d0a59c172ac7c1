import { Group, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ServiceConsent } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { Time } from '../../components/time.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { StatusBadge } from './status-badge.tsx';
import { useNames } from './use-names.ts';

const CREATE = 'POST /v1/admin/services/{id}/consents';

/** A published revision: it is read, and the next one begins with it. */
export function ConsentPublished({ consent, onMade }: { consent: ServiceConsent; onMade: (id: string) => void }) {
  const { t } = useTranslation('service');
  const toast = useToast();
  const { trackButtonClick } = useAuditEvent();
  const { locale: nameOf } = useNames();
  const create = useChange(CREATE, ['GET /v1/admin/services/{id}/consents']);
  const { serviceId, code, texts, required, effectiveFrom, publishedAt } = consent;
  const next = () => {
    trackButtonClick('next-consent-revision');
    create.mutate(
      { path: { id: serviceId }, body: { code, texts, required } },
      {
        onSuccess: (made) => {
          toast.done(t('consents.created', { code, revision: made.revision }));
          onMade(made.id);
        },
        onError: toast.failed,
      },
    );
  };
  return (
    <Stack>
      <Group gap="xs">
        <StatusBadge status="published" />
        <Text size="sm">{t('consents.publishedHint')}</Text>
      </Group>
      <Text size="sm">
        {t(required ? 'consents.required' : 'consents.optional')} · {t('consents.effectiveFrom')}{' '}
        {(effectiveFrom ?? publishedAt) && <Time at={effectiveFrom ?? publishedAt ?? ''} absolute />}
      </Text>
      {Object.entries(texts).map(([tag, text]) => (
        <Stack key={tag} gap={4}>
          <Title order={3} size="h4">
            {nameOf(tag) ?? ''} <code>{tag}</code>
          </Title>
          <Text size="sm" lang={tag} dir="auto" style={{ whiteSpace: 'pre-wrap' }}>
            {text}
          </Text>
        </Stack>
      ))}
      <Group>
        <GuardedButton route={CREATE} serviceId={serviceId} variant="light" loading={create.isPending} onClick={next}>
          {t('consents.newRevision')}
        </GuardedButton>
      </Group>
    </Stack>
  );
}
