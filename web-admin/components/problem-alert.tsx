import { Alert, Button, Code, Group, List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api/problem.ts';
import { CopyButton } from './copy-button.tsx';

/** What an error says to a person: Steward's own sentence, or ours where none came. */
export function useProblemText(): (problem: unknown) => string {
  const { t } = useTranslation();
  return (problem) => {
    if (!(problem instanceof ApiProblem)) return String(problem);
    if (problem.code === 'offline' || problem.code === 'timeout') return t(`problem.${problem.code}`);
    if (problem.code === 'rate_limited' && problem.retryAfter !== null)
      return t('problem.rate_limited', { seconds: problem.retryAfter });
    return problem.message;
  };
}

interface ProblemAlertProps {
  problem: unknown;
  title?: string;
  onRetry?: () => void;
}

/** An error in the place where its content would be: what happened, what to do, and the id to ask about. */
export function ProblemAlert({ problem, title, onRetry }: ProblemAlertProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { requestId, errors } = problem instanceof ApiProblem ? problem : { requestId: null, errors: [] };
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle aria-hidden />}
      title={title ?? t('problem.title')}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{textOf(problem)}</Text>
        {errors.length > 0 && (
          <List size="sm">
            {errors.map(({ field, reason }) => (
              <List.Item key={`${field} ${reason}`}>
                <Code>{field}</Code> {reason}
              </List.Item>
            ))}
          </List>
        )}
        <Group gap="xs">
          {onRetry && (
            <Button size="xs" variant="default" onClick={onRetry}>
              {t('retry')}
            </Button>
          )}
          {requestId && <CopyButton value={requestId} label={t('problem.request', { id: requestId.slice(0, 8) })} />}
        </Group>
      </Stack>
    </Alert>
  );
}
