import { sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { serviceConsents, serviceLocales } from '../schema/index.ts';
import { resource } from './resource.ts';

export interface ConsentItem {
  id: string;
  serviceId: string;
  code: string;
  revision: number;
  texts: Record<string, string>;
  required: boolean;
  effectiveFrom: string | null;
  status: 'draft' | 'published';
  publishedAt: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}

/** Texts can be long: a list tells only which there are. */
export interface ConsentSummary extends Omit<ConsentItem, 'texts'> {
  locales: string[];
}

const p = sql.placeholder;

const consent = resource<ConsentItem, { serviceId: string; consentId: string }>({
  name: 'service_consent',
  table: serviceConsents,
  fields: ['code', 'texts', 'required', 'effectiveFrom'],
  changeable: ['texts', 'required', 'effectiveFrom'],
  key: { consentId: serviceConsents.id },
  about: 'service',
});

const isPublished = { published: sql`chg.status <> 'draft'` };
const NOW = sql`to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

export const listConsents = consent.list<{ serviceId: string }, ConsentSummary>({
  order: ['code', 'revision'],
  shows: sql`(${consent.item('t')}::jsonb - 'texts')
    || jsonb_build_object('locales', (SELECT coalesce(jsonb_agg(tag ORDER BY tag), '[]') FROM jsonb_object_keys(t.texts) AS tag))`,
});

export const readConsent = consent.read();

/** After lockList: the revision is one more than the last one of this code. */
export const insertConsent = consent.insert<{ serviceId: string }>({
  set: {
    revision: sql`(SELECT coalesce(max(c.revision), 0) + 1 FROM ${serviceConsents} c
      WHERE c.service_id = ${p('serviceId')}::uuid AND c.code = given.v->>'code')`,
    status: sql`'draft'::content_status`,
  },
});

export const updateConsent = consent.update({ guards: isPublished });

/** After lockList of the locales: which one is the default does not change meanwhile. */
export const publishConsent = consent.update({
  guards: {
    ...isPublished,
    text_missing: sql`EXISTS (SELECT FROM ${serviceLocales} l
      WHERE l.service_id = chg.service_id AND l.is_default AND chg.texts->l.tag IS NULL)`,
  },
  set: {
    status: sql`'published'::text`,
    publishedAt: NOW,
    effectiveFrom: sql`coalesce(cur.before->>'effectiveFrom', ${NOW})`,
  },
});

export const deleteConsent = consent.remove({ guards: isPublished });

/** For a message only; whoever asks is authorised already. */
export const readDefaultLocale = statement<{ serviceId: string }, { tag: string }>(
  sql`SELECT l.tag FROM ${serviceLocales} l WHERE l.service_id = ${p('serviceId')}::uuid AND l.is_default`,
);
