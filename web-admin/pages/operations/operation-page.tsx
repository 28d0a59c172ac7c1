import { Alert, Grid, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconBolt, IconClock, IconInfoCircle } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../api/schema.gen.ts';
import { useFilters } from '../../api/use-filters.ts';
import { Copyable } from '../../components/copyable.tsx';
import { Countdown } from '../../components/countdown.tsx';
import { LiveProgress } from '../../components/live-progress.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useFormat } from '../../i18n/format.ts';
import { PageLoading } from '../../shell/page-states.tsx';
import { PhaseBadge, RiskBadge } from './badges.tsx';
import { ItemsTable } from './items-table.tsx';
import { LeftOut } from './left-out.tsx';
import { OperationActions } from './operation-actions.tsx';
import { Parameters } from './parameters.tsx';
import { PlanView } from './plan-view.tsx';
import { Timeline } from './timeline.tsx';
import { useTypeText } from './type-texts.ts';
import { isUnderWay, useOperation } from './use-operation.ts';

export function OperationPage() {
  const { operationId } = useParams({ from: '/shell/operations/$operationId' });
  const { operation, error, isPending, refetch } = useOperation(operationId);
  const textOf = useTypeText();
  const { t } = useTranslation('operations');
  if (isPending) return <PageLoading />;
  if (!operation)
    return (
      <Page title={t('one')}>
        <ProblemAlert problem={error} onRetry={() => void refetch()} />
      </Page>
    );
  const { title, summary } = textOf(operation.type);
  return (
    <Page
      title={title}
      hint={
        <Stack gap={4}>
          {summary}
          <Group gap="xs">
            <PhaseBadge phase={operation.phase} />
            <RiskBadge risk={operation.risk} />
            <Copyable value={operation.id} />
          </Group>
        </Stack>
      }
      actions={<OperationActions operation={operation} />}
    >
      {error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      <Notices operation={operation} />
      <LeftOut operationId={operation.id} />
      <Progress operation={operation} />
      <Grid>
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Section name="plan">
            <PlanView plan={operation.plan} />
          </Section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Section name="history">
            <Timeline operation={operation} />
          </Section>
          <Section name="asked">
            <Parameters operation={operation} />
          </Section>
        </Grid.Col>
      </Grid>
      <Section name="items">
        <ItemsTable operation={operation} />
      </Section>
    </Page>
  );
}

function Section({ name, children }: { name: 'plan' | 'history' | 'asked' | 'items'; children: ReactNode }) {
  const { t } = useTranslation('operations');
  return (
    <Paper component="section" withBorder p="md" mb="md" aria-labelledby={`section-${name}`}>
      <Title order={2} id={`section-${name}`} mb="sm">
        {t(`section.${name}`)}
      </Title>
      {children}
    </Paper>
  );
}

/** How far it is; of what has not begun there is nothing to see. */
function Progress({ operation }: { operation: Operation }) {
  const { t } = useTranslation('operations');
  const { number } = useFormat();
  const { progress, itemsDone, itemsFailed, itemsSkipped, itemsUndone, plan, phase } = operation;
  if (operation.startedAt === null && phase !== 'queued') return null;
  const isUndo = phase === 'undoing' || phase === 'undone';
  return (
    <Paper component="section" withBorder p="md" aria-label={t('column.progress')}>
      <LiveProgress
        label={isUndo ? t('phase.undoing') : t('column.progress')}
        done={itemsDone}
        total={plan.itemsTotal}
        percent={progress.percent}
        // Of less than a second at work a rate says nothing.
        perSecond={operation.activeMs < 1000 ? null : progress.itemsPerSecond}
        etaSeconds={progress.etaSeconds}
        working={isUnderWay(operation)}
        color={itemsFailed > 0 ? 'orange' : undefined}
      />
      <Group gap="lg" mt="xs">
        {(
          [
            ['failed', itemsFailed],
            ['skipped', itemsSkipped],
            ['undone', itemsUndone],
          ] as const
        ).map(([name, count]) => (
          <Text key={name} size="sm" c={count > 0 ? undefined : 'dimmed'}>
            {t(`outcome.${name}`)}: <b>{number(count)}</b>
          </Text>
        ))}
      </Group>
    </Paper>
  );
}

/** What somebody should see before anything else. */
function Notices({ operation }: { operation: Operation }) {
  const { t } = useTranslation('operations');
  const [{ planned }] = useFilters();
  const { approval, breakGlass, heldBy, lastError, failureReason, phase, plan } = operation;
  const agreed = approval.decisions.filter(({ decision }) => decision === 'approve').length;
  const others = heldBy.filter(({ operationId }) => operationId !== operation.id);
  const waits = phase === 'awaiting_approval' || phase === 'approved';
  return (
    <>
      {planned && plan.hash !== planned && (
        <Alert color="orange" icon={<IconInfoCircle aria-hidden />} title={t('notice.drift')}>
          {t('notice.driftHint')}
        </Alert>
      )}
      {waits && (
        <Alert color="yellow" variant="light" icon={<IconClock aria-hidden />} title={t(`phase.${phase}`)}>
          {t('notice.approvals', { agreed, needed: approval.needed })}{' '}
          {approval.roles.length > 0 && t('notice.roles', { roles: approval.roles.join(', ') })}{' '}
          {approval.expiresAt && (
            <>
              {t('notice.until')} <Countdown until={approval.expiresAt} over={t('phase.expired')} />.
            </>
          )}
        </Alert>
      )}
      {breakGlass && breakGlass.reviewedAt === null && (
        <Alert color="red" variant="light" icon={<IconBolt aria-hidden />} title={t('notice.brokenGlass')}>
          {t('notice.brokenGlassHint')}
        </Alert>
      )}
      {others.length > 0 && (
        <Alert color="blue" variant="light" icon={<IconClock aria-hidden />} title={t('notice.waits')}>
          {others.map(({ lock, operationId, type, email }) => (
            <Text key={lock} size="sm">
              <code>{lock}</code>{' '}
              <Link to="/operations/$operationId" params={{ operationId }}>
                {t('notice.heldBy', { type, email })}
              </Link>
            </Text>
          ))}
        </Alert>
      )}
      {(failureReason ?? lastError) && (
        <Alert
          color={failureReason ? 'red' : 'orange'}
          variant="light"
          icon={<IconInfoCircle aria-hidden />}
          title={t(failureReason ? 'notice.failed' : 'notice.triesAgain')}
        >
          <span dir="auto">{failureReason ?? lastError}</span>
        </Alert>
      )}
    </>
  );
}
