import { Alert, Button, Code, Group, List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api/problem.ts';
import { CopyButton } from './copy-button.tsx';

/** What kind of error it is; undefined where no answer of Steward's came, or one of a Steward that is newer than this page. */
export function useProblemTitle(): (problem: unknown) => string | undefined {
  const { t, i18n } = useTranslation();
  return (problem) => {
    const key = problem instanceof ApiProblem && `problem.of.${problem.code}`;
    return key && i18n.exists(key) ? t(key as 'problem.of.internal') : undefined;
  };
}

/** What an error says to a person: Steward's own sentence, which is English whoever reads it, or ours where none came. */
export function ProblemText({ problem }: { problem: unknown }) {
  const { t } = useTranslation();
  if (!(problem instanceof ApiProblem)) return String(problem);
  if (problem.code === 'offline' || problem.code === 'timeout') return t(`problem.${problem.code}`);
  if (problem.code === 'rate_limited' && problem.retryAfter !== null)
    return t('problem.rate_limited', { seconds: problem.retryAfter });
  return <bdi lang="en">{problem.message}</bdi>;
}

interface ProblemAlertProps {
  problem: unknown;
  title?: string;
  onRetry?: () => void;
}

/** An error in the place where its content would be: what happened, what to do, and the id to ask about. */
export function ProblemAlert({ problem, title, onRetry }: ProblemAlertProps) {
  const { t } = useTranslation();
  const titleOf = useProblemTitle();
  const { requestId, errors } = problem instanceof ApiProblem ? problem : { requestId: null, errors: [] };
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle aria-hidden />}
      title={title ?? titleOf(problem) ?? t(onRetry ? 'problem.title' : 'failed')}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          <ProblemText problem={problem} />
        </Text>
        {errors.length > 0 && (
          <List size="sm">
            {errors.map(({ field, reason }) => (
              <List.Item key={`${field} ${reason}`}>
                <Code>{field}</Code> <bdi lang="en">{reason}</bdi>
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
