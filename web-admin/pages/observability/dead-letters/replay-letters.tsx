import { Button, Group, List, Modal, Progress, Stack, Text, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../../api/call.ts';
import type { DeadLetter } from '../../../api/schema.gen.ts';
import { useFocusBack } from '../../../components/focus-back.ts';
import { ProblemText } from '../../../components/problem-alert.tsx';
import { useAuditEvent } from '../../../hooks/index.ts';

interface ReplayLettersProps {
  letters: readonly DeadLetter[];
  onClose: () => void;
}

interface Outcome {
  letter: DeadLetter;
  problem: unknown;
}

/** Puts letters back one after the other, and says of each what became of it. */
export function ReplayLetters({ letters, onClose }: ReplayLettersProps) {
  useFocusBack();
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const client = useQueryClient();
  const { trackFormSubmit } = useAuditEvent();
  const [reason, setReason] = useState('');
  const [outcomes, setOutcomes] = useState<Outcome[] | null>(null);
  const [keys] = useState(() => letters.map(() => crypto.randomUUID()));
  const replay = async (event: FormEvent) => {
    event.preventDefault();
    trackFormSubmit('replay-dead-letters');
    const done: Outcome[] = [];
    setOutcomes(done);
    for (const [nth, letter] of letters.entries()) {
      const idempotencyKey = keys[nth];
      const problem = await call('POST /v1/audit/dead-letters/{id}/replay', {
        path: { id: letter.id },
        idempotencyKey,
        reason,
      }).then(
        () => null,
        (error: unknown) => error,
      );
      done.push({ letter, problem });
      setOutcomes([...done]);
    }
    await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey.includes('GET /v1/audit/dead-letters') });
  };
  const failed = outcomes?.filter(({ problem }) => problem !== null) ?? [];
  const over = outcomes?.length === letters.length;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('letter.replayTitle', { count: letters.length })}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <form onSubmit={(event) => void replay(event)}>
        <Stack>
          {!outcomes && <Text size="sm">{t('letter.replayHint')}</Text>}
          {!outcomes && (
            <Textarea
              label={shell('confirm.reason')}
              description={shell('confirm.reasonHint')}
              maxLength={1000}
              autosize
              minRows={2}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              data-autofocus
            />
          )}
          {outcomes && (
            <>
              <Progress value={(outcomes.length / letters.length) * 100} aria-label={t('letter.progress')} />
              <Text role="status">
                {t('letter.outcome', {
                  done: outcomes.length - failed.length,
                  failed: failed.length,
                  all: letters.length,
                })}
              </Text>
              {failed.length > 0 && (
                <List size="sm">
                  {failed.map(({ letter, problem }) => (
                    <List.Item key={letter.id}>
                      <code>{letter.id}</code>: <ProblemText problem={problem} />
                    </List.Item>
                  ))}
                </List>
              )}
            </>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={outcomes !== null && !over}>
              {outcomes ? shell('close') : shell('cancel')}
            </Button>
            {!outcomes && <Button type="submit">{t('letter.replay', { count: letters.length })}</Button>}
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
