import { Alert, Anchor, Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core';
import { IconDownload, IconPackage } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Export } from '../../api/schema.gen.ts';
import { useChange } from '../../api/use-api.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Countdown } from '../../components/countdown.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAuditEvent } from '../../hooks/index.ts';

const ROUTE = 'POST /v1/admin/exports/{id}/links';
const KINDS = ['expiring', 'one-time'] as const;
const LIVES = { '3600': 'hour', '86400': 'day', '604800': 'week' } as const;

/** The file itself, the bundle with its proof, and links to hand on. */
export function Links({ exported }: { exported: Export }) {
  const { t } = useTranslation('exports');
  const { trackButtonClick } = useAuditEvent();
  const { downloadUrl, bundleUrl, expiresAt } = exported;
  return (
    <Stack>
      {downloadUrl && bundleUrl ? (
        <Group>
          <Button
            component="a"
            href={sameOrigin(downloadUrl)}
            download
            leftSection={<IconDownload size={18} aria-hidden />}
            onClick={() => trackButtonClick('export-download')}
          >
            {t('download.file')}
          </Button>
          <Button
            component="a"
            href={sameOrigin(bundleUrl)}
            download
            variant="default"
            leftSection={<IconPackage size={18} aria-hidden />}
            onClick={() => trackButtonClick('export-bundle')}
          >
            {t('download.bundle')}
          </Button>
          {expiresAt && (
            <Text size="sm" c="dimmed">
              {t('download.left')} <Countdown until={expiresAt} over={t('phase.expired')} />
            </Text>
          )}
        </Group>
      ) : (
        <Text size="sm">{t('download.mayNot')}</Text>
      )}
      <Text size="sm" c="dimmed">
        {t('download.bundleHint')}
      </Text>
      <MakeLink exportId={exported.id} />
    </Stack>
  );
}

/** A link to a file is of Steward's public address; from this page it is asked of the origin the page came from. */
const sameOrigin = (url: string): string => {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
};

function MakeLink({ exportId }: { exportId: string }) {
  const { t } = useTranslation('exports');
  const { t: shell } = useTranslation();
  const { trackButtonClick } = useAuditEvent();
  const make = useChange(ROUTE);
  const [kind, setKind] = useState<(typeof KINDS)[number]>('one-time');
  const [seconds, setSeconds] = useState<keyof typeof LIVES>('86400');
  const [bundle, setBundle] = useState(false);
  const send = () => {
    trackButtonClick('export-link');
    make.mutate({ path: { id: exportId }, body: { kind, expiresInSeconds: Number(seconds), bundle } });
  };
  return (
    <Stack gap="xs">
      <Group align="flex-end" gap="xs">
        <Select
          label={t('link.kind')}
          data={KINDS.map((value) => ({ value, label: t(`link.kinds.${value}`) }))}
          value={kind}
          onChange={(next) => next && setKind(next as typeof kind)}
          allowDeselect={false}
          w={170}
        />
        <Select
          label={t('link.life')}
          data={(Object.keys(LIVES) as (keyof typeof LIVES)[]).map((value) => ({
            value,
            label: t(`link.lives.${LIVES[value]}`),
          }))}
          value={seconds}
          onChange={(next) => next && setSeconds(next as typeof seconds)}
          allowDeselect={false}
          w={150}
        />
        <GuardedButton route={ROUTE} variant="default" loading={make.isPending} onClick={send}>
          {t('link.make')}
        </GuardedButton>
      </Group>
      <Checkbox
        label={t('link.bundle')}
        checked={bundle}
        onChange={(event) => setBundle(event.currentTarget.checked)}
      />
      <Text size="xs" c="dimmed">
        {t(`link.hint.${kind}`)}
      </Text>
      {make.error && <ProblemAlert problem={make.error} />}
      {make.data && (
        <Alert color="teal" variant="light" title={t(`link.made.${make.data.kind}`)} role="status">
          <Stack gap={4} align="flex-start">
            <Anchor href={make.data.url} className="ltr" size="sm" style={{ overflowWrap: 'anywhere' }}>
              {make.data.url}
            </Anchor>
            <Group gap="xs">
              <CopyButton value={make.data.url} label={shell('copy')} />
              <Text size="sm" c="dimmed">
                {t('link.until')} <Countdown until={make.data.expiresAt} over={t('phase.expired')} />
              </Text>
            </Group>
          </Stack>
        </Alert>
      )}
    </Stack>
  );
}
