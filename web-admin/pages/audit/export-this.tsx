import { Button } from '@mantine/core';
import { IconFileExport } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { GuardedButton } from '../../components/guarded.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import type { View } from './query/vocabulary.ts';
import type { Query } from './use-asked.ts';

const TYPES: Record<View, string> = {
  records: 'audit_logs',
  'ui-events': 'ui_events',
  'api-logs': 'api_logs',
  sessions: 'sessions',
};

/** To the form of a new export, with what is asked for filled in; relative times become those of now. */
export function ExportThis({ query }: { query: Query }) {
  const { t } = useTranslation('audit');
  const navigate = useNavigate();
  const { trackButtonClick } = useAuditEvent();
  const { view, filter, range, ready } = query;
  const label = t('exportThis');
  const icon = <IconFileExport size={16} aria-hidden />;
  if (!ready)
    return (
      <Button variant="default" leftSection={icon} disabled>
        {label}
      </Button>
    );
  return (
    <GuardedButton
      route="POST /v1/admin/exports"
      variant="default"
      leftSection={icon}
      onClick={() => {
        trackButtonClick('audit-export-this');
        const parameters = JSON.stringify({ ...filter, ...range });
        void navigate({ to: '/exports', search: { new: TYPES[view], parameters } });
      }}
    >
      {label}
    </GuardedButton>
  );
}
