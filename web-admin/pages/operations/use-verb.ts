import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { ApiProblem } from '../../api/problem.ts';
import type { Operation } from '../../api/schema.gen.ts';
import { keyOf } from '../../api/use-api.ts';
import { useConfirm } from '../../components/confirm.tsx';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import { useFormat } from '../../i18n/format.ts';
import { ROUTE_OF, type Verb } from './verbs.ts';

const LISTS: ReadonlySet<unknown> = new Set(['GET /v1/admin/operations', 'GET /v1/admin/operations/{id}/items']);
const DANGEROUS: ReadonlySet<Verb> = new Set(['break_glass', 'cancel', 'undo', 'reject']);
/** What is done at once: it takes nothing away. */
const AT_ONCE: ReadonlySet<Verb> = new Set(['pause', 'resume']);

/** What a verb needs to be typed: of what breaks the glass or cannot be put back, how many it is about. */
const isTyped = (verb: Verb, { risk }: Operation) =>
  verb === 'break_glass' || (verb === 'start' && risk !== 'routine') || (verb === 'undo' && risk !== 'routine');

/** Asks what has to be asked, and does it; one thing at a time. */
export function useVerb(operation: Operation): (verb: Verb) => Promise<void> {
  const { t } = useTranslation('operations');
  const { number } = useFormat();
  const client = useQueryClient();
  const confirm = useConfirm();
  const toast = useToast();
  const { trackButtonClick } = useAuditEvent();
  const path = { id: operation.id };
  const { mutateAsync, isPending } = useMutation<Operation, ApiProblem, { verb: Verb; reason: string }>({
    mutationFn: ({ verb, reason }) => {
      const input = { path, reason };
      if (verb === 'approve')
        return call(ROUTE_OF.approve, { ...input, body: { planHash: operation.plan.hash ?? '' } });
      if (verb === 'start' || verb === 'break_glass')
        return call(ROUTE_OF.start, { ...input, body: { breakGlass: verb === 'break_glass' } });
      return call(ROUTE_OF[verb], input);
    },
    onSettled: () =>
      client.invalidateQueries({
        predicate: ({ queryKey: [first, second] }) => [first, second].some((each) => LISTS.has(each)),
      }),
  });

  return async (verb) => {
    // Not `disabled`, which would take the focus away.
    if (isPending) return;
    trackButtonClick(`operation-${verb.replace('_', '-')}`);
    const count = operation.plan.itemsTotal;
    const answer = AT_ONCE.has(verb)
      ? { reason: '' }
      : await confirm({
          title: t(`ask.${verb}.title`),
          body: t(`ask.${verb}.body`, { count, shown: number(count), hash: operation.plan.hash?.slice(0, 12) ?? '' }),
          confirm: t(`verb.${verb}`),
          danger: DANGEROUS.has(verb),
          reason: verb === 'break_glass' || verb === 'reject' ? 'required' : 'optional',
          ...(isTyped(verb, operation) ? { typed: String(count) } : {}),
        });
    if (!answer) return;
    try {
      const now = await mutateAsync({ verb, reason: answer.reason });
      client.setQueryData(keyOf('GET /v1/admin/operations/{id}', { path }), now);
      toast.done(t(`did.${verb}`));
    } catch (problem) {
      toast.failed(problem);
      void client.invalidateQueries({ queryKey: keyOf('GET /v1/admin/operations/{id}', { path }) });
    }
  };
}
