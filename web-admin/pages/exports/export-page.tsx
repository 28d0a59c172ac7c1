import { Alert, Button, Grid, Group, Paper, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconClockOff } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Export } from '../../api/schema.gen.ts';
import { Copyable } from '../../components/copyable.tsx';
import { LiveProgress } from '../../components/live-progress.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { PageLoading } from '../../shell/page-states.tsx';
import { ExportActions } from './export-actions.tsx';
import { Asked, FileFacts } from './export-facts.tsx';
import { ExportPhase, useExportTypeText } from './export-texts.tsx';
import { Links } from './links.tsx';
import { isUnderWay, useExport } from './use-export.ts';

export function ExportPage() {
  const { t } = useTranslation('exports');
  const { exportId } = useParams({ from: '/shell/exports/$exportId' });
  const { exported, error, isPending, refetch } = useExport(exportId);
  const typeText = useExportTypeText();
  if (isPending) return <PageLoading />;
  if (!exported)
    return (
      <Page title={t('one')}>
        <ProblemAlert problem={error} onRetry={() => void refetch()} />
      </Page>
    );
  return (
    <Page
      title={exported.name ?? typeText(exported.exportType)}
      hint={
        <Group gap="xs">
          {typeText(exported.exportType)}
          <ExportPhase phase={exported.phase} />
          <Copyable value={exported.id} />
        </Group>
      }
      actions={
        <>
          <ExportActions exported={exported} />
          <Again exported={exported} />
        </>
      }
    >
      {error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      <Notices exported={exported} />
      <Paper component="section" withBorder p="md" aria-label={t('column.progress')}>
        <LiveProgress
          label={t('column.progress')}
          done={exported.rowsDone}
          total={exported.rowsExpected}
          percent={exported.progress.percent}
          perSecond={exported.progress.rowsPerSecond}
          etaSeconds={exported.progress.etaSeconds}
          working={isUnderWay(exported)}
        />
      </Paper>
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          {exported.phase === 'ready' && (
            <Section name="download">
              <Links exported={exported} />
            </Section>
          )}
          <Section name="file">
            <FileFacts exported={exported} />
          </Section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Section name="asked">
            <Asked exported={exported} />
          </Section>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Section({ name, children }: { name: 'download' | 'file' | 'asked'; children: ReactNode }) {
  const { t } = useTranslation('exports');
  return (
    <Paper component="section" withBorder p="md" mb="md" aria-labelledby={`section-${name}`}>
      <Title order={2} id={`section-${name}`} mb="sm">
        {t(`section.${name}`)}
      </Title>
      {children}
    </Paper>
  );
}

/** The same request again, to look at before it is sent. */
function Again({ exported }: { exported: Export }) {
  const { t } = useTranslation('exports');
  return (
    <Button
      renderRoot={(props) => (
        <Link
          to="/exports"
          search={{ new: exported.exportType, parameters: JSON.stringify(exported.parameters ?? {}) }}
          {...props}
        />
      )}
    >
      {t('again')}
    </Button>
  );
}

function Notices({ exported }: { exported: Export }) {
  const { t } = useTranslation('exports');
  const { phase, failureReason, lastError } = exported;
  return (
    <>
      {phase === 'waiting' && (
        <Text size="sm" c="dimmed" role="status">
          {t('notice.waiting')}
        </Text>
      )}
      {phase === 'expired' && (
        <Alert color="gray" icon={<IconClockOff aria-hidden />} title={t('notice.expired')}>
          {t('notice.expiredHint')}
        </Alert>
      )}
      {(phase === 'failed' || phase === 'cancelled') && (
        <Alert
          color="red"
          variant="light"
          icon={<IconAlertTriangle aria-hidden />}
          title={t(`notice.${phase}`)}
          role="alert"
        >
          <span dir="auto">{failureReason ?? t('notice.noReason')}</span>
        </Alert>
      )}
      {lastError && isUnderWay(exported) && (
        <Alert color="orange" variant="light" icon={<IconAlertTriangle aria-hidden />} title={t('notice.triesAgain')}>
          <span dir="auto">{lastError}</span>
        </Alert>
      )}
    </>
  );
}
