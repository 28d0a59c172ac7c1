import { Drawer, Skeleton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../api/use-api.ts';
import { useFocusBack } from '../../components/focus-back.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ConsentDraft } from './consent-draft.tsx';
import { ConsentPublished } from './consent-published.tsx';

export interface ConsentPath {
  id: string;
  consentId: string;
}

interface ConsentDrawerProps {
  path: ConsentPath;
  onClose: () => void;
  /** Another one was made of this one. */
  onMade: (id: string) => void;
}

/** One revision beside the list: a draft to work on, or a published one to read. */
export function ConsentDrawer({ path, onClose, onMade }: ConsentDrawerProps) {
  useFocusBack();
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const { data, error, refetch } = useRead('GET /v1/admin/services/{id}/consents/{consentId}', { path });
  // What is typed outlasts that somebody else publishes the draft.
  const [typedInto, setTypedInto] = useState<string | null>(null);
  const isDraft = data !== undefined && (data.status === 'draft' || typedInto === data.id);
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={data ? t('consents.heading', { code: data.code, revision: data.revision }) : t('consents.title')}
      closeButtonProps={{ 'aria-label': shell('close') }}
    >
      {!data && !error && <Skeleton height={320} />}
      {!data && error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      {isDraft && (
        <ConsentDraft
          key={data.id}
          consent={data}
          onTyped={(isTyped) => setTypedInto(isTyped ? data.id : null)}
          onGone={onClose}
          onMade={onMade}
        />
      )}
      {data?.status === 'published' && !isDraft && <ConsentPublished consent={data} onMade={onMade} />}
    </Drawer>
  );
}
