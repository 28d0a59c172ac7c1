import { Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceDocument } from '../../api/schema.gen.ts';
import { useList } from '../../api/use-api.ts';
import { Copyable } from '../../components/copyable.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded.tsx';
import { Time } from '../../components/time.tsx';
import { useFormat } from '../../i18n/format.ts';
import { RowButton } from './row-button.tsx';
import type { ServiceTabProps } from './service-page.tsx';
import { StatusBadge } from './status-badge.tsx';
import { useDocumentActions } from './use-document-actions.ts';

const UploadDocument = lazy(async () => ({ default: (await import('./upload-document.tsx')).UploadDocument }));
const RenameDocument = lazy(async () => ({ default: (await import('./rename-document.tsx')).RenameDocument }));

const HASH_SHOWN = 12;

/** Files for people to read, revision by revision. */
export function ServiceDocumentsTab({ serviceId }: ServiceTabProps) {
  const { t } = useTranslation('service');
  const { t: shell } = useTranslation();
  const { bytes: sizeOf } = useFormat();
  const [uploading, upload] = useDisclosure();
  const [renamed, setRenamed] = useState<ServiceDocument | null>(null);
  const list = useList('GET /v1/admin/services/{id}/documents', { path: { id: serviceId }, query: { limit: 200 } });
  const { download, publish, remove } = useDocumentActions(serviceId);
  const columns = useMemo<Column<ServiceDocument>[]>(
    () => [
      { id: 'title', header: t('documents.name'), size: 130, grow: true, cell: ({ title }) => title },
      { id: 'code', header: t('code'), size: 110, cell: ({ code }) => <code>{code}</code> },
      { id: 'locale', header: t('locale'), size: 80, cell: ({ locale }) => <code>{locale}</code> },
      { id: 'revision', header: t('revision'), size: 95, align: 'end', cell: ({ revision }) => revision },
      { id: 'status', header: t('status'), size: 95, cell: ({ status }) => <StatusBadge status={status} /> },
      {
        id: 'type',
        header: t('documents.type'),
        size: 100,
        hidden: true,
        cell: ({ contentType }) => t(`documents.types.${contentType}`),
      },
      { id: 'size', header: t('documents.size'), size: 75, align: 'end', cell: ({ bytes }) => sizeOf(bytes) },
      {
        id: 'publishedAt',
        header: t('documents.publishedAt'),
        size: 100,
        cell: ({ publishedAt }) => publishedAt && <Time at={publishedAt} />,
      },
      { id: 'updatedAt', header: t('updated'), size: 130, hidden: true, cell: (row) => <Time at={row.updatedAt} /> },
      {
        id: 'sha256',
        header: t('documents.sha256'),
        size: 150,
        hidden: true,
        cell: ({ sha256 }) => <Copyable value={sha256} shown={sha256.slice(0, HASH_SHOWN)} />,
      },
      {
        id: 'actions',
        header: shell('actions'),
        size: 345,
        cell: (document) => {
          const { title, status } = document;
          return (
            <Group gap={2} wrap="nowrap" h={37}>
              <RowButton
                route="GET /v1/admin/services/{id}/documents/{documentId}"
                serviceId={serviceId}
                label={t('documents.downloadOne', { title })}
                onClick={() => void download(document)}
              >
                {t('documents.download')}
              </RowButton>
              {status === 'draft' && (
                <>
                  <RowButton
                    route="POST /v1/admin/services/{id}/documents/{documentId}/publish"
                    serviceId={serviceId}
                    label={t('documents.publishOne', { title })}
                    onClick={() => void publish(document)}
                  >
                    {t('publish')}
                  </RowButton>
                  <RowButton
                    route="PATCH /v1/admin/services/{id}/documents/{documentId}"
                    serviceId={serviceId}
                    label={t('documents.rename', { title })}
                    onClick={() => setRenamed(document)}
                  >
                    {shell('edit')}
                  </RowButton>
                  <RowButton
                    route="DELETE /v1/admin/services/{id}/documents/{documentId}"
                    serviceId={serviceId}
                    label={t('documents.removeOne', { title })}
                    onClick={() => void remove(document)}
                  >
                    {shell('remove')}
                  </RowButton>
                </>
              )}
            </Group>
          );
        },
      },
    ],
    [t, shell, sizeOf, serviceId, download, publish, remove],
  );
  const uploadButton = (
    <GuardedButton route="POST /v1/admin/services/{id}/documents" serviceId={serviceId} onClick={upload.open}>
      {t('documents.upload')}
    </GuardedButton>
  );
  return (
    <>
      <DataTable
        name="service-documents"
        label={t('documents.title')}
        columns={columns}
        list={list}
        rowId={({ id }) => id}
        height="calc(100dvh - 300px)"
        tools={list.items.length > 0 && uploadButton}
        empty={<Empty kind="none" title={t('documents.none')} hint={t('documents.noneHint')} action={uploadButton} />}
      />
      <Suspense fallback={null}>
        {uploading && <UploadDocument serviceId={serviceId} onClose={upload.close} />}
        {renamed && <RenameDocument document={renamed} onClose={() => setRenamed(null)} />}
      </Suspense>
    </>
  );
}
