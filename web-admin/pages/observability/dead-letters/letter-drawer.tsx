import { Drawer, Group, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { DeadLetter } from '../../../api/schema.gen.ts';
import { Copyable } from '../../../components/copyable.tsx';
import { useFocusBack } from '../../../components/focus-back.ts';
import { GuardedButton } from '../../../components/guarded.tsx';
import { Time } from '../../../components/time.tsx';
import { useFormat } from '../../../i18n/format.ts';
import { Facts } from '../facts.tsx';
import { QUEUES, type QueueName } from './queues.ts';

interface LetterDrawerProps {
  letter: DeadLetter;
  onClose: () => void;
  onReplay: () => void;
}

/** A dead letter: why it died, and what became of it since. Its body may hold anything and is shown to nobody. */
export function LetterDrawer({ letter, onClose, onReplay }: LetterDrawerProps) {
  useFocusBack();
  const { t } = useTranslation('observability');
  const { t: shell } = useTranslation();
  const format = useFormat();
  const { id, queue, reason, attempts, bytes, diedAt, replayedAt, replays, replayOf, diedAgainAs } = letter;
  const known = QUEUES.find((each): each is QueueName => each === queue);
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={t('letter.one')}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      <Stack>
        <Facts
          label={t('letter.one')}
          facts={{
            [t('letter.reason')]: reason,
            [t('letter.queue')]: <code>{queue}</code>,
            [t('letter.kind')]: known ? t(`queue.${known}`) : queue,
            [t('letter.attempts')]: format.number(attempts),
            [t('letter.bytes')]: format.bytes(bytes),
            [t('letter.diedAt')]: <Time at={diedAt} absolute />,
            [t('letter.replayed')]: replayedAt ? <Time at={replayedAt} absolute /> : t('letter.notYet'),
            [t('letter.replays')]: format.number(replays),
            [t('letter.id')]: <Copyable value={id} />,
            [t('letter.replayOf')]: replayOf && <Copyable value={replayOf} />,
            [t('letter.diedAgainAs')]: diedAgainAs && <Copyable value={diedAgainAs} />,
          }}
        />
        <Group justify="flex-end">
          <GuardedButton route="POST /v1/audit/dead-letters/{id}/replay" onClick={onReplay}>
            {t('letter.replay', { count: 1 })}
          </GuardedButton>
        </Group>
      </Stack>
    </Drawer>
  );
}
