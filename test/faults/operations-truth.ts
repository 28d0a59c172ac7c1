import type { App } from '../app.ts';
import type { Scene, State } from './operations-scenes.ts';

const RECORDS: Record<string, string> = {
  admin_epoch: 'admin admin.update',
  session: 'session session.revoke',
  service_config: 'service_config service.config.update',
  service_feature: 'service_feature service.feature.update',
};

interface Item {
  seq: number;
  kind: string;
  target_id: string;
  outcome: string;
  error: string | null;
  undo_outcome: string | null;
  undo_error: string | null;
}

/** What was done to an operation, as the test has it from outside. */
export interface Expected {
  /** As it was when the plan was made. */
  before: ReadonlyMap<string, State>;
  isUndone?: boolean;
  isCancelled?: boolean;
  /** Targets that throw. */
  poisoned?: readonly string[];
  /** Targets that threw before it was undone. */
  failed?: readonly string[];
  /** Targets that somebody else changed before the undo. */
  touched?: readonly string[];
  /** How often it came to an end of its own: completed, incomplete or undone. */
  ends: number;
}

/** Everything that is not as it must be, in words: of items, targets, audit records and counters. */
export async function problemsOf(app: App, scene: Scene, id: string, expected: Expected): Promise<string[]> {
  const { rows } = await app.db.query('SELECT * FROM admin_operations WHERE id = $1', [id]);
  const items: Item[] = (
    await app.db.query('SELECT * FROM admin_operation_items WHERE operation_id = $1 ORDER BY seq', [id])
  ).rows;
  const [operation] = rows;
  const phase = phaseOf(expected, items);
  // A cancelled one has an outcome for everything up to where it was stopped.
  const outcomes = expected.isCancelled ? operation.next_seq : expected.before.size;
  return [
    ...(operation.phase === phase ? [] : [`it is ${operation.phase} and should be ${phase}`]),
    ...(items.length === outcomes ? [] : [`${items.length} outcomes and should be ${outcomes}`]),
    ...countersOf(operation, items),
    ...(await targetsOf(app, scene, operation, items, expected)),
    ...(await endsOf(app, id, expected.ends)),
    ...(await storedOf(app, id)),
  ];
}

function phaseOf({ isUndone, isCancelled }: Expected, items: readonly Item[]): string {
  if (isUndone) return 'undone';
  if (isCancelled) return 'cancelled';
  return items.some(({ outcome }) => outcome === 'failed') ? 'incomplete' : 'completed';
}

const count = (items: readonly Item[], is: (item: Item) => boolean) => items.filter(is).length;

function countersOf(operation: Record<string, number>, items: readonly Item[]): string[] {
  const succeeded = count(items, ({ outcome }) => outcome === 'succeeded');
  const undone = count(items, ({ undo_outcome }) => undo_outcome === 'undone');
  const wanted = {
    items_done: items.length,
    items_failed: count(items, ({ outcome }) => outcome === 'failed'),
    items_skipped: count(items, ({ outcome }) => outcome === 'skipped'),
    items_undone: undone,
    items_left: succeeded - undone,
  };
  return Object.entries(wanted)
    .filter(([name, n]) => operation[name] !== n)
    .map(([name, n]) => `${name} is ${operation[name]} and should be ${n}`);
}

/** What has to be true of each target: once in effect, one outcome, one record; or nothing of it. */
async function targetsOf(
  app: App,
  scene: Scene,
  operation: { id: string; started_at: Date },
  items: readonly Item[],
  { before, isUndone = false, poisoned = [], failed = [], touched = [] }: Expected,
): Promise<string[]> {
  const [now, wanted, records] = [await scene.now(), scene.wanted(operation), await recordsOf(app, operation.id)];
  const item = new Map(items.map((each) => [each.target_id, each]));
  const problems: string[] = [];
  for (const [target, was] of before) {
    const its = item.get(target);
    const steps = { applied: Number(its?.outcome === 'succeeded'), undone: Number(its?.undo_outcome === 'undone') };
    const value = steps.applied > steps.undone ? wanted.get(target) : was.value;
    const version = was.version + steps.applied + steps.undone + Number(touched.includes(target));
    const record = its ? RECORDS[its.kind] : '';
    const must = {
      version,
      value,
      outcome:
        its &&
        outcomeOf({
          isUndone,
          failed: failed.includes(target),
          same: wanted.get(target) === was.value,
          throws: poisoned.includes(target),
          touched: touched.includes(target),
        }),
      records: [...(steps.applied ? [`${record} because 1`] : []), ...(steps.undone ? [`${record} undone 1`] : [])],
    };
    const is = { ...now.get(target), outcome: its && said(its), records: records.get(target) ?? [] };
    records.delete(target);
    if (JSON.stringify(must) !== JSON.stringify(is))
      problems.push(`${target} is ${JSON.stringify(is)} and should be ${JSON.stringify(must)}`);
  }
  for (const [target, each] of records) problems.push(`records of ${target}, which is no target: ${each}`);
  return problems;
}

const said = ({ outcome, error, undo_outcome, undo_error }: Item) =>
  [outcome, error, undo_outcome, undo_error].join('|');
const THROWS = 'The database refuses to change it.';

/** What must have become of a target that had its turn. */
function outcomeOf(o: Record<'isUndone' | 'failed' | 'same' | 'throws' | 'touched', boolean>): string {
  if (o.same) return 'skipped|It was so already.||';
  if (o.failed || (!o.isUndone && o.throws)) return `failed|${THROWS}||`;
  if (!o.isUndone) return 'succeeded|||';
  if (o.touched) return 'succeeded||left|It has changed since.';
  return o.throws ? `succeeded||failed|${THROWS}` : 'succeeded||undone|';
}

/** Target → its audit records of this operation, each kind with its number. */
async function recordsOf(app: App, id: string): Promise<Map<string, string[]>> {
  const { rows } = await app.db.query(
    `SELECT resource_id, array_agg(kind || ' ' || n ORDER BY kind) AS records FROM (
       SELECT resource_id, resource || ' ' || action || ' ' ||
         CASE reason WHEN 'Undone. [operation ' || $1 || ']' THEN 'undone' WHEN 'because [operation ' || $1 || ']' THEN 'because' ELSE reason END
         AS kind, count(*) AS n
       FROM audit_outbox WHERE reason LIKE '%' || $1 || '%' AND outcome = 'success' GROUP BY 1, 2) each GROUP BY 1`,
    [id],
  );
  return new Map(rows.map(({ resource_id, records }) => [resource_id, records]));
}

async function endsOf(app: App, id: string, ends: number): Promise<string[]> {
  const { rows } = await app.db.query(
    `SELECT count(*)::int AS n FROM audit_outbox WHERE action = 'operation.complete' AND resource_id = $1`,
    [id],
  );
  return rows[0].n === ends ? [] : [`${rows[0].n} records of its end, and should be ${ends}`];
}

/** ClickHouse has each record of the outbox, once. */
async function storedOf(app: App, id: string): Promise<string[]> {
  const which = `reason LIKE '%${id}%' OR resource_id = '${id}'`;
  const { rows } = await app.db.query(`SELECT id::text FROM audit_outbox WHERE ${which}`);
  const stored = (await app.analytics<{ id: string }>(`SELECT id FROM audit_db.admin_audit_logs WHERE ${which}`)).map(
    (row) => row.id,
  );
  const found = new Set(stored);
  const missing = rows.filter((row) => !found.has(row.id)).length;
  if (missing === 0 && stored.length === rows.length) return [];
  return [`of ${rows.length} records ${missing} are missing in ClickHouse, ${stored.length} are there`];
}
