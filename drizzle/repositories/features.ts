import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import { statement } from '../client.ts';
import { serviceFeatures } from '../schema/index.ts';
import { type Access, accessCte, type CallerInput, insertAudit } from './access.ts';
import { type RemoveInput, type ResourceRow, resource } from './resource.ts';

export interface FeatureItem {
  id: string;
  serviceId: string;
  parentId: string | null;
  name: string;
  code: string;
  description: string | null;
  category: string | null;
  isActive: boolean;
  isDefault: boolean;
  displayOrder: number;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}

export const MAX_FEATURES = 1000;
export const MAX_DEPTH = 8;

const p = sql.placeholder;
const FIELDS = [
  'parentId',
  'name',
  'code',
  'description',
  'category',
  'isActive',
  'isDefault',
  'displayOrder',
] as const satisfies readonly (keyof FeatureItem)[];

const feature = resource<FeatureItem, { serviceId: string; featureId: string }>({
  name: 'service_feature',
  table: serviceFeatures,
  fields: FIELDS,
  changeable: FIELDS,
  key: { featureId: serviceFeatures.id },
  about: 'service',
});

const SERVICE = sql`${p('serviceId')}::uuid`;
const number = (value: number) => sql.raw(String(value));

/** A feature and what is above it: (id, steps), 1 for itself. Ends by itself in a tree; the bound is for what is none. */
const upFrom = (id: SQL, what: SQL) => sql`(WITH RECURSIVE up AS (
    SELECT f.id, f.parent_id, 1 AS steps FROM ${serviceFeatures} f WHERE f.service_id = ${SERVICE} AND f.id = ${id}
    UNION ALL SELECT f.id, f.parent_id, up.steps + 1 FROM up JOIN ${serviceFeatures} f ON f.service_id = ${SERVICE} AND f.id = up.parent_id
    WHERE up.steps <= ${number(MAX_DEPTH)}
  ) SELECT ${what} FROM up)`;

/** A feature and what is below it: (id, levels), 1 for itself. */
const downFrom = (id: SQL) => sql`
    SELECT f.id, 1 AS levels FROM ${serviceFeatures} f WHERE f.service_id = ${SERVICE} AND f.id = ${id}
    UNION ALL SELECT f.id, down.levels + 1 FROM down JOIN ${serviceFeatures} f ON f.service_id = ${SERVICE} AND f.parent_id = down.id
    WHERE down.levels <= ${number(MAX_DEPTH)}`;

const heightOf = (id: SQL) => sql`(WITH RECURSIVE down AS (${downFrom(id)}) SELECT max(down.levels) FROM down)`;
const depthOf = (id: SQL) => sql`coalesce(${upFrom(id, sql`max(up.steps)`)}, 0)`;
const isMissing = (id: SQL) =>
  sql`${id} IS NOT NULL AND NOT EXISTS (SELECT FROM ${serviceFeatures} f WHERE f.service_id = ${SERVICE} AND f.id = ${id})`;

const { serviceId: _serviceId, createdAt, updatedAt, ...listed } = getTableColumns(serviceFeatures);
const LISTED = sql.raw(
  [
    ...Object.entries(listed).map(([field, column]) => `t."${column.name}" AS "${field}"`),
    ...Object.entries({ createdAt, updatedAt }).map(
      ([field, column]) => `to_json(t."${column.name}" AT TIME ZONE 'UTC')::text AS "${field}"`,
    ),
  ].join(', '),
);

/** A feature of the service in `serviceId`. When there is none: one row with nothing but the access. */
export type FeatureRow = Access & (Omit<FeatureItem, 'serviceId'> | { id: null });

/**
 * Every feature of a service, in no order. A row each, and not one JSON of all as other lists are: Postgres takes three times
 * as long to write 1,000 objects as JSON. For the same reason times are as Postgres writes them into JSON: in quotation marks, UTC
 * without a zone, and without zeros at the end.
 */
export const listFeatures = statement<CallerInput & { serviceId: string }, FeatureRow>(sql`
WITH ${accessCte({ resource: 'service_feature', resourceId: sql`''`, serviceId: SERVICE })}
SELECT access.verdict, access.admin_id, access.missing, ${LISTED}
FROM access LEFT JOIN ${serviceFeatures} t ON t.service_id = ${SERVICE} AND access.verdict = 'ok'`);

// What follows counts on lockList: the guards look at the service's other features.

export const insertFeature = feature.insert<{ serviceId: string }>({
  guards: {
    full: sql`(SELECT count(*) FROM ${serviceFeatures} f WHERE f.service_id = ${SERVICE}) >= ${number(MAX_FEATURES)}`,
    no_parent: isMissing(sql`draft.parent_id`),
    too_deep: sql`${depthOf(sql`draft.parent_id`)} >= ${number(MAX_DEPTH)}`,
  },
});

const NEW_PARENT = sql`(chg.after->>'parentId')::uuid`;
const moves = sql`${NEW_PARENT} IS DISTINCT FROM chg.parent_id`;
const newDepth = sql`${depthOf(NEW_PARENT)} + ${heightOf(sql`chg.id`)}`;

/** The lock is needed for a patch with `parentId` only. `detail` of too_deep: the depth of the lowest feature that moves along. */
export const updateFeature = feature.update({
  guards: {
    no_parent: sql`${moves} AND ${isMissing(NEW_PARENT)}`,
    cycle: sql`${moves} AND coalesce(${upFrom(NEW_PARENT, sql`bool_or(up.id = chg.id)`)}, false)`,
    too_deep: sql`${moves} AND ${newDepth} > ${number(MAX_DEPTH)}`,
  },
  detail: sql`CASE WHEN chk.outcome = 'too_deep' THEN ${newDepth} END`,
});

const THE_ONE = {
  resource: 'service_feature',
  resourceId: sql`${p('featureId')}`,
  serviceId: SERVICE,
};

/**
 * Removes a feature and, with `cascade`, everything below it: one record, which holds all of it. `detail`: how many would
 * go with it.
 */
export const deleteFeature = statement<
  RemoveInput & { serviceId: string; featureId: string; cascade: boolean },
  ResourceRow<{ deleted: number }>
>(sql`
WITH RECURSIVE ${accessCte(THE_ONE)}, top AS (
  SELECT t.* FROM access JOIN ${serviceFeatures} t ON t.service_id = ${SERVICE} AND t.id = ${p('featureId')}::uuid
  WHERE access.verdict = 'ok' FOR UPDATE OF t
), down AS (${downFrom(sql`(SELECT top.id FROM top)`)}),
chk AS (
  SELECT top.id, below.n, CASE
    WHEN NOT (${p('ifMatch')}::int[] IS NULL OR top.version = ANY (${p('ifMatch')}::int[])) THEN 'stale'
    WHEN below.n > 0 AND NOT ${p('cascade')}::boolean THEN 'has_children'
    ELSE 'removed' END AS outcome
  FROM top CROSS JOIN (SELECT count(*)::int - 1 AS n FROM down) AS below
), gone AS (
  DELETE FROM ${serviceFeatures} t USING down, chk WHERE t.id = down.id AND chk.outcome = 'removed' RETURNING t.*, down.levels
), recorded AS (${insertAudit({
  ...THE_ONE,
  outcome: sql`'success'`,
  before: sql`${feature.state('top')} || CASE WHEN chk.n = 0 THEN '{}' ELSE jsonb_build_object('below', (
    SELECT jsonb_agg(jsonb_build_object('id', gone.id) || ${feature.state('gone')} ORDER BY gone.levels, gone.code)
    FROM gone WHERE gone.id <> top.id)) END`,
  from: sql`CROSS JOIN top JOIN chk ON chk.id = top.id WHERE EXISTS (SELECT FROM gone)`,
})})
SELECT access.verdict, access.admin_id, access.missing, coalesce(chk.outcome, 'absent') AS outcome, chk.n AS detail,
  json_build_object('deleted', chk.n + 1) AS item
FROM access LEFT JOIN chk ON true LEFT JOIN top ON true`);
