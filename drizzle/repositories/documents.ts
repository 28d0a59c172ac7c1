import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { admins, serviceDocuments } from '../schema/index.ts';
import { insertAudit } from './access.ts';
import { resource } from './resource.ts';

export interface DocumentItem {
  id: string;
  serviceId: string;
  code: string;
  locale: string;
  revision: number;
  title: string;
  contentType: 'application/pdf' | 'text/markdown';
  bytes: number;
  sha256: string;
  status: 'draft' | 'published';
  publishedAt: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}

const p = sql.placeholder;

const document = resource<DocumentItem, { serviceId: string; documentId: string }>({
  name: 'service_document',
  table: serviceDocuments,
  fields: ['code', 'locale', 'title', 'contentType', 'bytes', 'sha256'],
  changeable: ['title'],
  hidden: ['objectKey'],
  key: { documentId: serviceDocuments.id },
  about: 'service',
});

const isPublished = { published: sql`chg.status <> 'draft'` };

export const listDocuments = document.list<{ serviceId: string }>({ order: ['code', 'locale', 'revision'] });
export const readDocument = document.read();

/** After lockList: the revision is one more than the last one of this code and locale. */
export const insertDocument = document.insert<{ serviceId: string; objectKey: string }>({
  set: {
    revision: sql`(SELECT coalesce(max(d.revision), 0) + 1 FROM ${serviceDocuments} d WHERE d.service_id = ${p('serviceId')}::uuid
      AND d.code = given.v->>'code' AND d.locale = given.v->>'locale')`,
    status: sql`'draft'::content_status`,
    objectKey: sql`${p('objectKey')}::text`,
  },
});

export const updateDocument = document.update({ guards: isPublished });

export const publishDocument = document.update({
  guards: isPublished,
  set: {
    status: sql`'published'::text`,
    publishedAt: sql`to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  },
});

export const deleteDocument = document.remove({ guards: isPublished });

export interface OpenDocumentInput {
  serviceId: string;
  documentId: string;
  /** The admin the link was made for, as its signature vouches. */
  adminId: string;
  /** When the link was made, seconds. */
  issuedAt: number;
  /** `sub` of the token the request carried, if any: it must be the link's admin's. */
  presenterSubject: string | null;
  eventId: string;
  eventTime: string;
  action: string;
  reason: string;
  ipAddress: string;
  requestId: string;
  traceId: string;
  sessionId: string;
}

export interface OpenedDocumentRow {
  verdict: 'ok' | 'not_found' | 'forbidden';
  code: string;
  locale: string;
  revision: number;
  content_type: string;
  sha256: string;
  object_key: string;
}

/** For a link whose signature holds: authorises its admin afresh and records the download or the refusal. */
export const openDocument = statement<OpenDocumentInput, OpenedDocumentRow>(sql`
WITH d AS (
  SELECT * FROM ${serviceDocuments} WHERE id = ${p('documentId')}::uuid AND service_id = ${p('serviceId')}::uuid
), access AS (
  SELECT a.id AS admin_id, coalesce(a.email, '') AS email, coalesce((SELECT r.name FROM grants g JOIN roles r ON r.id = g.role_id
      WHERE g.admin_id = a.id AND (g.service_id IS NULL OR g.service_id = d.service_id) ORDER BY r.rank LIMIT 1), 'none') AS role,
    CASE WHEN d.id IS NULL THEN 'not_found'
      WHEN a.id IS NULL OR a.subject <> coalesce(${p('presenterSubject')}, a.subject) OR a.status <> 'active'
        OR to_timestamp(${p('issuedAt')}::float8) < date_trunc('second', a.sessions_not_before)
        OR NOT admin_may(a.id, 'services.view', ARRAY[d.service_id]) THEN 'forbidden' ELSE 'ok' END AS verdict
  FROM (SELECT 1) AS one LEFT JOIN d ON true LEFT JOIN ${admins} a ON a.id = ${p('adminId')}::uuid
), recorded AS (${insertAudit({
  resource: 'service_document',
  resourceId: sql`${p('documentId')}`,
  serviceId: sql`(SELECT service_id FROM d)`,
  outcome: sql`CASE access.verdict WHEN 'ok' THEN 'success' WHEN 'forbidden' THEN 'denied' ELSE 'failure' END`,
  from: sql``,
})})
SELECT access.verdict, d.code, d.locale, d.revision, d.content_type, d.sha256, d.object_key
FROM access LEFT JOIN d ON access.verdict = 'ok'`);
