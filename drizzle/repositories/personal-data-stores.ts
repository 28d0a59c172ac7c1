import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import {
  adminExports,
  adminOperationApprovals,
  adminOperationItems,
  adminOperations,
  adminSessions,
  admins,
  auditHolds,
  exportSchedules,
  grants,
  notificationChannels,
  notificationDeliveries,
  operationSchedules,
  roles,
  serviceConsents,
  serviceCountries,
  serviceDocuments,
  serviceDomains,
  serviceFeatures,
  serviceLocales,
  services,
  serviceTesterAdmins,
  serviceTesterUsers,
} from '../schema/index.ts';
import { jsonOf } from './row-json.ts';

/** Whom, one of the two. */
export interface PersonFilter {
  adminId?: string | undefined;
  /** A tester's, as the services know it. */
  userId?: string | undefined;
}

/** What the person is to a row → SQL boolean. */
type Relations = Record<string, SQL>;

/** Rows of one table, as `t`. */
export interface Store {
  store: string;
  from: SQL | PgTable;
  /** A row without any of them is not the person's. */
  relations: Relations;
  /** SQL jsonb: no secret, and nobody else. */
  data: SQL;
  id?: SQL;
  at?: PgColumn;
}

/** Columns by their names; times as everywhere. */
const facts = (...columns: PgColumn[]): SQL =>
  sql.raw(
    jsonOf(
      'jsonb',
      't',
      columns.map((column) => [column.name, column]),
    ),
  );
/** What is the person's only where the row is that to them. */
const factsIf = (when: SQL, ...columns: PgColumn[]): SQL =>
  sql`CASE WHEN ${when} THEN ${facts(...columns)} ELSE '{}' END`;
const SERVICE = sql`jsonb_build_object('service_id', t.service_id, 'service_slug', (SELECT s.slug FROM ${services} s WHERE s.id = t.service_id))`;

const OPERATION_FACTS = [
  ...[adminOperations.type, adminOperations.status, adminOperations.phase, adminOperations.risk],
  ...[adminOperations.startedAt, adminOperations.finishedAt],
];

/** Operations by them and about them. `by`: how staff have a hand in one; what it was done to may be another person, and is left out. */
function operationsOf(person: SQL, type: 'admin' | 'user', by: Relations = {}): Store[] {
  const target = sql`(t.target_type = ${sql.raw(`'${type}'`)} AND t.target_id = ${person}::text)`;
  const said = by.requester ? sql`${by.requester} OR ${target}` : target;
  const { operationId, kind, outcome, error, before, after, undoOutcome, undoError, undoneAt } = adminOperationItems;
  return [
    {
      store: 'admin_operations',
      from: adminOperations,
      relations: { ...by, target },
      data: sql`${facts(...OPERATION_FACTS)} || ${factsIf(said, adminOperations.reason)}`,
    },
    {
      store: 'admin_operation_items',
      from: sql`exported_operation_items`,
      relations: { target: sql`t.person_id = ${person}::text` },
      id: sql`t.operation_id || '/' || t.seq`,
      at: adminOperationItems.doneAt,
      data: facts(operationId, kind, outcome, error, before, after, undoOutcome, undoError, undoneAt),
    },
  ];
}

const created = (store: string, from: PgTable, person: SQL, data: SQL): Store => ({
  ...{ store, from, data: sql`${SERVICE} || ${data}` },
  relations: { creator: sql`t.created_by = ${person}` },
});

/** What they made for services. */
const contentOf = (person: SQL): Store[] => [
  created('service_domains', serviceDomains, person, facts(serviceDomains.domain)),
  created('service_features', serviceFeatures, person, facts(serviceFeatures.code, serviceFeatures.name)),
  created('service_countries', serviceCountries, person, facts(serviceCountries.code)),
  created('service_locales', serviceLocales, person, facts(serviceLocales.tag)),
  created(
    'service_consents',
    serviceConsents,
    person,
    facts(serviceConsents.code, serviceConsents.revision, serviceConsents.status, serviceConsents.publishedAt),
  ),
  created(
    'service_documents',
    serviceDocuments,
    person,
    facts(
      ...[serviceDocuments.code, serviceDocuments.locale, serviceDocuments.revision, serviceDocuments.title],
      ...[serviceDocuments.status, serviceDocuments.publishedAt],
    ),
  ),
  // Whom they made a tester is another person.
  created('service_tester_users', serviceTesterUsers, person, sql`'{}'`),
];

const schedule = (store: string, from: PgTable, person: SQL, columns: PgColumn[]): Store => ({
  ...{ store, from, data: facts(...columns), relations: { owner: sql`t.owner_id = ${person}` } },
});

const EXPORT_FACTS = [
  ...[
    adminExports.exportType,
    adminExports.fileFormat,
    adminExports.compression,
    adminExports.name,
    adminExports.status,
  ],
  ...[adminExports.finishedAt, adminExports.expiresAt, adminExports.rowsDone],
];

/** What they are, hold and have asked for. */
function accountOf(person: SQL): Store[] {
  const isTester = sql`t.admin_id = ${person}`;
  const [creates, releases] = [sql`t.created_by = ${person}`, sql`t.released_by = ${person}`];
  const { name, fileFormat, compression, exportType, period, cron, timeZone, enabled, updatedAt } = exportSchedules;
  const later = operationSchedules;
  return [
    {
      store: 'admins',
      from: admins,
      relations: { self: sql`t.id = ${person}` },
      data: facts(admins.subject, admins.email, admins.name, admins.status, admins.sessionsNotBefore, admins.updatedAt),
    },
    {
      store: 'grants',
      from: grants,
      relations: { holder: sql`t.admin_id = ${person}`, creator: creates },
      data: sql`${SERVICE} || jsonb_build_object('role', (SELECT r.name FROM ${roles} r WHERE r.id = t.role_id))`,
    },
    {
      store: 'admin_sessions',
      from: sql`exported_admin_sessions`,
      relations: { self: sql`t.admin_id = ${person}` },
      data: facts(adminSessions.kind, adminSessions.ipAddress, adminSessions.userAgent, adminSessions.revokedAt),
    },
    {
      store: 'admin_operation_approvals',
      from: adminOperationApprovals,
      relations: { approver: sql`t.admin_id = ${person}` },
      id: sql`t.operation_id::text`,
      data: facts(
        adminOperationApprovals.operationId,
        adminOperationApprovals.decision,
        adminOperationApprovals.reason,
      ),
    },
    {
      store: 'admin_exports',
      from: adminExports,
      relations: { requester: sql`t.requested_by = ${person}` },
      data: facts(...EXPORT_FACTS),
    },
    schedule('export_schedules', exportSchedules, person, [
      ...[name, exportType, fileFormat, compression, period, cron, timeZone, enabled, updatedAt],
    ]),
    schedule('operation_schedules', later, person, [
      ...[later.name, later.type, later.reason, later.at, later.cron, later.timeZone, later.enabled, later.updatedAt],
    ]),
    {
      store: 'audit_holds',
      from: auditHolds,
      relations: { creator: creates, releaser: releases },
      data: sql`${facts(auditHolds.status, auditHolds.releasedAt)} || ${factsIf(creates, auditHolds.reason)}
        || ${factsIf(releases, auditHolds.releaseReason)}`,
    },
    {
      store: 'service_tester_admins',
      from: serviceTesterAdmins,
      relations: { tester: isTester, creator: creates },
      data: sql`${SERVICE} || ${factsIf(isTester, serviceTesterAdmins.expiresAt, serviceTesterAdmins.note)}`,
    },
  ];
}

/** Whom Steward writes to: a channel's recipients are known by their address alone, and who else is one is left out. */
function notifiedOf(person: SQL): Store[] {
  const channel = notificationChannels;
  const delivery = notificationDeliveries;
  return [
    {
      store: 'notification_channels',
      from: channel,
      relations: {
        recipient: sql`EXISTS (SELECT FROM ${admins} a JOIN jsonb_array_elements_text(coalesce(t.settings->'recipients', '[]')) AS r (address)
          ON lower(r.address) = lower(a.email) WHERE a.id = ${person})`,
      },
      data: facts(channel.type, channel.name, channel.events, channel.enabled),
    },
    {
      store: 'notification_deliveries',
      from: delivery,
      relations: { recipient: sql`t.admin_id = ${person}` },
      data: facts(delivery.type, delivery.status, delivery.endedAt),
    },
  ];
}

function testerOf(person: SQL): Store {
  const { userId, bypassDomain, bypassIP, bypassRateLimit, expiresAt, note } = serviceTesterUsers;
  return {
    store: 'service_tester_users',
    from: serviceTesterUsers,
    relations: { tester: sql`t.user_id = ${person}` },
    data: sql`${SERVICE} || ${facts(userId, bypassDomain, bypassIP, bypassRateLimit, expiresAt, note)}`,
  };
}

/** Every table with rows about a person, but for those that domain/exports/types/personal-data.ts leaves out and says why. */
export function storesOf({ adminId, userId }: PersonFilter): Store[] {
  const person = sql`${adminId ?? userId}::uuid`;
  if (adminId === undefined) return [testerOf(person), ...operationsOf(person, 'user')];
  const by = {
    requester: sql`t.actor_admin_id = ${person}`,
    starter: sql`t.started_by = ${person}`,
    'break-glass': sql`t.break_glass_by = ${person}`,
    reviewer: sql`t.reviewed_by = ${person}`,
  };
  return [...accountOf(person), ...operationsOf(person, 'admin', by), ...contentOf(person), ...notifiedOf(person)];
}
