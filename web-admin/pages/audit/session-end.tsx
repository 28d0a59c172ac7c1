import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AuditSession } from '../../api/schema.gen.ts';

/** How a session ended, or that it has not. */
export function SessionEnd({ session }: { session: Pick<AuditSession, 'end' | 'kind'> }) {
  const { t } = useTranslation('audit');
  // Of a token, nobody knows when it is put away.
  if (session.end === null && session.kind !== 'browser') return null;
  return (
    <Badge variant="default" size="sm">
      {t(`sessions.${session.end ?? 'open'}`)}
    </Badge>
  );
}
