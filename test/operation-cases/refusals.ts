import { expect } from 'vitest';
import type { Answer, App, Person } from '../app.ts';
import { operationsOf } from '../operations.ts';
import { roleOf } from '../roles.ts';
import type { Ask, Cast, Scene } from './case.ts';
import { askFor, caseOf, PATH } from './perform.ts';
import { aboutNothing, wrongRequests } from './wrong-requests.ts';

const dryRun = (app: App, as: Person, body: object): Promise<Answer> => app.call('POST', `${PATH}/plan`, { as, body });

/** The dry run, and in earnest. */
const both = async (app: App, as: Person, body: Partial<Ask> & { type: string }): Promise<Answer[]> => [
  await dryRun(app, as, body),
  await operationsOf(app).post(as, body),
];

/** Does something that must come to nothing. */
async function inVain(app: App, type: string, scene: Scene, attempt: () => Promise<void>): Promise<void> {
  const was = await scene.state();
  await attempt();
  const { rows } = await app.db.query('SELECT id FROM admin_operations WHERE type = $1', [type]);
  expect([await scene.state(), rows]).toEqual([was, []]);
}

/** With operations.execute and without the type's own permission, or the other way round where that is the same. */
async function strangersOf(app: App, permission: string): Promise<{ lacks: Person; hasElsewhere: Person }> {
  const others = permission === 'operations.execute' ? ['admins.manage', 'audit.view'] : ['operations.execute'];
  const role = await roleOf(app, ...others);
  const [lacks, hasElsewhere] = [await app.person(role), await app.person(role)];
  await app.grant(hasElsewhere.id, await roleOf(app, permission), await app.service());
  return { lacks, hasElsewhere };
}

/** @param seen what the record says of the type; null: turned away before anybody read what was asked for */
async function refusedAndRecorded(
  app: App,
  type: string,
  scene: Scene,
  { as, seen }: { as: Person; seen: string | null },
) {
  const { permission } = caseOf(type);
  for (const { status, json } of await both(app, as, askFor(type, scene))) {
    expect([status, json.code]).toEqual([403, 'forbidden']);
    expect(json.detail).toContain(permission);
  }
  const { rows } = await app.db.query(
    `SELECT action, outcome, after_state->>'type' AS type FROM audit_outbox WHERE actor_id = $1 ORDER BY id`,
    [as.id],
  );
  const denied = { outcome: 'denied', type: seen };
  expect(rows).toEqual([
    { action: 'operation.plan', ...denied },
    { action: 'operation.request', ...denied },
  ]);
}

/** Whoever lacks the permission for what it is about. */
export async function checkDenied(app: App, type: string, scene: Scene): Promise<void> {
  const { permission, everywhere } = caseOf(type);
  const { lacks, hasElsewhere } = await strangersOf(app, permission);
  await inVain(app, type, scene, async () => {
    const seen = permission === 'operations.execute' ? null : type;
    await refusedAndRecorded(app, type, scene, { as: lacks, seen });
    if (everywhere) return refusedAndRecorded(app, type, scene, { as: hasElsewhere, seen: type });
    // What somebody may not change is not there for them.
    for (const { status } of await both(app, hasElsewhere, askFor(type, scene)))
      expect(status).toBe('id' in scene.target ? 404 : 422);
  });
}

/** @returns how many requests were tried that are wrong in one place, or name what is not there */
export async function checkWrong(app: App, { asks }: Cast, type: string, scene: Scene): Promise<number> {
  const { optional } = caseOf(type);
  const nothing = aboutNothing(scene);
  let tried = 0;
  await inVain(app, type, scene, async () => {
    for (const { what, body, field } of wrongRequests(scene)) {
      const isRight = what === 'missing' && optional.includes(field);
      const send = isRight ? dryRun(app, asks, { type, ...body }) : operationsOf(app).post(asks, { type, ...body });
      const { status, json } = await send;
      const named = json.errors?.map((each: { field: string }) => each.field) ?? [];
      expect([what, field, status, named]).toEqual([what, field, ...(isRight ? [200, []] : [422, [field]])]);
      if (!isRight) tried++;
    }
    if (!nothing) return;
    tried++;
    for (const { status, json } of await both(app, asks, askFor(type, nothing.ask)))
      expect([status, json.errors?.[0].field ?? json.code]).toEqual(nothing.answer);
  });
  return tried;
}

/** The targets a plan finds, however they are named. */
export async function checkForms(app: App, cast: Cast, type: string, scene: Scene): Promise<void> {
  for (const { as = cast.asks, ids, ...form } of await caseOf(type).forms(app, cast)) {
    const { status, json } = await dryRun(app, as, { ...askFor(type, scene), ...form });
    expect([form, status, json.itemsTotal]).toEqual([form, 200, ids.length]);
    const sample: string[] = json.sample.map(({ id }: { id: string }) => id);
    expect([sample.length, sample.filter((id) => !ids.includes(id))]).toEqual([Math.min(10, ids.length), []]);
  }
}
