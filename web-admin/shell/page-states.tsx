import { Button, Code, Group, Skeleton, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api/problem.ts';
import { ProblemAlert } from '../components/problem-alert.tsx';

/** As wide and as high as what most pages begin with. */
export function PageLoading() {
  const { t } = useTranslation();
  return (
    <Stack p="md" aria-busy="true">
      <VisuallyHidden role="status">{t('loading')}</VisuallyHidden>
      <Skeleton height={32} width={220} />
      <Skeleton height={36} />
      <Skeleton height={400} />
    </Stack>
  );
}

export function PageBroke({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  if (error instanceof ApiProblem) return <ProblemAlert problem={error} onRetry={reset} />;
  return (
    <Stack p="md" role="alert">
      <Title order={1}>{t('crash.title')}</Title>
      <Text>{t('crash.hint')}</Text>
      <Code block>{String(error)}</Code>
      <Group>
        <Button onClick={() => window.location.reload()}>{t('reload')}</Button>
      </Group>
    </Stack>
  );
}

export function PageNotFound() {
  const { t } = useTranslation();
  return (
    <Stack p="md" component="main">
      <Title order={1}>{t('notFound.title')}</Title>
      <Text>{t('notFound.hint')}</Text>
      <Group>
        <Button component={Link} to="/">
          {t('notFound.home')}
        </Button>
      </Group>
    </Stack>
  );
}
