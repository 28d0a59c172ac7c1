import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Of a revision: a draft, or published for good. */
export function StatusBadge({ status }: { status: 'draft' | 'published' }) {
  const { t } = useTranslation('service');
  return (
    <Badge variant={status === 'draft' ? 'default' : 'light'} size="sm">
      {t(status)}
    </Badge>
  );
}
