import { Button, Group, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api/problem.ts';
import { CopyButton } from './copy-button.tsx';
import { ProblemText, useProblemTitle } from './problem-alert.tsx';
import { corner } from './toast-place.tsx';

const SHOWN_MS = 6000;
/** Long enough to notice a mistake. */
const UNDO_MS = 12_000;

/** Says what became of something, in the corner; `undo` puts it back for as long as it is shown. */
export function useToast() {
  const { t } = useTranslation();
  const titleOf = useProblemTitle();
  return useMemo(() => {
    const failed = async (problem: unknown) => {
      const { show } = await corner();
      show({
        color: 'red',
        title: titleOf(problem) ?? t('failed'),
        autoClose: UNDO_MS,
        closeButtonProps: { 'aria-label': t('close') },
        message: (
          <Group gap="xs">
            <Text size="sm">
              <ProblemText problem={problem} />
            </Text>
            {problem instanceof ApiProblem && problem.requestId && (
              <CopyButton
                value={problem.requestId}
                label={t('problem.request', { id: problem.requestId.slice(0, 8) })}
              />
            )}
          </Group>
        ),
      });
    };
    const done = async (message: string, undo?: () => Promise<unknown>) => {
      const { show, hide } = await corner();
      const id = show({
        color: 'steward',
        autoClose: undo ? UNDO_MS : SHOWN_MS,
        closeButtonProps: { 'aria-label': t('close') },
        message: (
          <Group gap="sm" justify="space-between" wrap="nowrap">
            <Text size="sm">{message}</Text>
            {undo && (
              <Button
                size="compact-sm"
                variant="light"
                onClick={() => {
                  hide(id);
                  undo().then(() => done(t('undone')), failed);
                }}
              >
                {t('undo')}
              </Button>
            )}
          </Group>
        ),
      });
    };
    return {
      done: (message: string, undo?: () => Promise<unknown>): void => void done(message, undo),
      failed: (problem: unknown): void => void failed(problem),
    };
  }, [t, titleOf]);
}
