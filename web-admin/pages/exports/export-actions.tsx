import { Button, Group, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { ApiProblem } from '../../api/problem.ts';
import type { Export } from '../../api/schema.gen.ts';
import { keyOf } from '../../api/use-api.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';

const ROUTES = {
  pause: 'POST /v1/admin/exports/{id}/pause',
  resume: 'POST /v1/admin/exports/{id}/resume',
  cancel: 'POST /v1/admin/exports/{id}/cancel',
  retry: 'POST /v1/admin/exports/{id}/retry',
} as const;
type Verb = keyof typeof ROUTES;

/** In which phases each may happen; elsewhere it is refused. */
const ALLOWED: Record<Verb, readonly Export['phase'][]> = {
  pause: ['waiting', 'running'],
  resume: ['paused'],
  cancel: ['waiting', 'running', 'paused'],
  retry: ['failed'],
};

/** What may be done with an export now; what may not says why. */
export function ExportActions({ exported }: { exported: Export }) {
  const { t } = useTranslation('exports');
  const client = useQueryClient();
  const confirm = useConfirm();
  const toast = useToast();
  const { trackButtonClick } = useAuditEvent();
  const path = { id: exported.id };
  const change = useMutation<Export, ApiProblem, { verb: Verb; reason: string }>({
    mutationFn: ({ verb, reason }) => call(ROUTES[verb], { path, reason }),
    onSettled: () => client.invalidateQueries({ queryKey: ['list', 'GET /v1/admin/exports'] }),
  });
  const act = async (verb: Verb) => {
    trackButtonClick(`export-${verb}`);
    const answer =
      verb === 'cancel'
        ? await confirm({
            title: t('cancel.title'),
            body: t('cancel.body'),
            confirm: t('verb.cancel'),
            danger: true,
            reason: 'optional',
          })
        : { reason: '' };
    if (!answer) return;
    change.mutateAsync({ verb, reason: answer.reason }).then(
      (now) => {
        client.setQueryData(keyOf('GET /v1/admin/exports/{id}', { path }), now);
        toast.done(t(`did.${verb}`));
      },
      (problem) => {
        toast.failed(problem);
        void client.invalidateQueries({ queryKey: keyOf('GET /v1/admin/exports/{id}', { path }) });
      },
    );
  };
  return (
    <Group gap="xs">
      {(Object.keys(ROUTES) as Verb[]).map((verb) =>
        ALLOWED[verb].includes(exported.phase) ? (
          <GuardedButton
            key={verb}
            route={ROUTES[verb]}
            variant="default"
            c={verb === 'cancel' ? 'var(--mantine-color-error)' : undefined}
            disabled={change.isPending}
            onClick={() => void act(verb)}
          >
            {t(`verb.${verb}`)}
          </GuardedButton>
        ) : (
          <Tooltip key={verb} label={t('off', { phase: t(`phase.${exported.phase}`) })}>
            <Button variant="default" data-disabled aria-disabled onClick={(event) => event.preventDefault()}>
              {t(`verb.${verb}`)}
            </Button>
          </Tooltip>
        ),
      )}
    </Group>
  );
}
