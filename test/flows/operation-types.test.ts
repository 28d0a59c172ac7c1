import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from '../app.ts';
import { type Cast, castOf, type Scene } from '../operation-cases/case.ts';
import { CASES } from '../operation-cases/index.ts';
import { performUnderKills } from '../operation-cases/kill.ts';
import { caseOf, checkItems, checkTrail, PATH, perform, type Requested, request } from '../operation-cases/perform.ts';
import { checkRecords } from '../operation-cases/records.ts';
import { checkDenied, checkForms, checkWrong } from '../operation-cases/refusals.ts';
import { checkUndo } from '../operation-cases/undo.ts';

const TYPES = Object.keys(CASES);
// It ends the sessions of everybody there is: it comes first, before there are those of the others.
const GROUPS = [['security.lockdown'], TYPES.filter((type) => type !== 'security.lockdown')];

/** For each type once, whoever asks for it first. */
function once<Value>(make: (type: string) => Promise<Value>): (type: string) => Promise<Value> {
  const made = new Map<string, Promise<Value>>();
  return (type) => {
    const value = made.get(type) ?? make(type);
    made.set(type, value);
    return value;
  };
}

let app: App;
let crashing: App;
beforeAll(async () => {
  const [broker, short] = [{ broker: true }, { EXPORT_LEASE_SECONDS: '2' }];
  [app, crashing] = await Promise.all([
    startApp(short, broker),
    startApp({ ...short, OPERATION_BATCH_ITEMS: '1', OPERATION_LEASE_SECONDS: '1' }, broker),
  ]);
});
afterAll(() => Promise.all([app.stop(), crashing.stop()]));

describe('every type of operation', () => {
  it('has a case', async () => {
    const { components, paths } = (await app.call('GET', '/v1/openapi.json')).json;
    const { schema } = paths[PATH].post.requestBody.content['application/json'];
    const { properties } = schema.$ref ? components.schemas[schema.$ref.split('/').at(-1)] : schema;
    expect(TYPES.toSorted()).toEqual(properties.type.enum.toSorted());
  });
});

describe.each(GROUPS.map((types) => ({ types, name: types.length > 1 ? 'each of the others' : types[0] })))(
  '$name',
  ({ types }) => {
    let cast: Cast;
    const sceneOf = once((type): Promise<Scene> => caseOf(type).prepare(app, cast));
    const happened = once(async (type): Promise<Requested> => {
      // Everybody there is by then, or what nobody has changed so far.
      const scene = await (types.length === 1 ? caseOf(type).prepare(app, cast) : sceneOf(type));
      const done = await perform(app, cast, type, scene);
      await scene.happened(done.operation);
      await checkItems(app, cast, done);
      return done;
    });
    const recorded = once(async (type): Promise<Requested> => {
      const done = await happened(type);
      await checkRecords(app, done, cast.starts);
      await checkTrail(app, done);
      return done;
    });
    let actors: Cast;
    let surviving: Promise<ReadonlyMap<string, Requested>>;
    beforeAll(async () => {
      [cast, actors] = await Promise.all([castOf(app), castOf(crashing)]);
      // Beside all that the other Steward does: most of it is waiting for the ends of leases.
      surviving = surviveKills();
      surviving.catch(() => undefined);
    });
    async function surviveKills(): Promise<ReadonlyMap<string, Requested>> {
      const scenes = await Promise.all(types.map((type) => caseOf(type).prepare(crashing, actors)));
      const all = await Promise.all(types.map((type, n) => request(crashing, actors, type, scenes[n] as Scene)));
      return performUnderKills(crashing, actors, all);
    }

    describe.concurrent('denied', () => {
      it.each(types)('%s is refused to whoever lacks its permission, and recorded', async (type) => {
        await checkDenied(app, type, await sceneOf(type));
      });

      it.each(types)('%s is refused with the field that is wrong', async (type) => {
        const tried = await checkWrong(app, cast, type, await sceneOf(type));
        console.log(`${type}: tried ${tried} requests that are wrong in one place, accepted 0`);
      });
    });

    describe('plan', () => {
      it.each(types)('%s finds its targets, however they are named', async (type) => {
        await checkForms(app, cast, type, await sceneOf(type));
      });
    });

    // These run beside each other: what one needs of another it waits for.
    describe.concurrent('happy', () => {
      it.each(types)('%s is planned, agreed to where it must be, started, and done', async (type) => {
        await happened(type);
      });
    });

    describe.concurrent('audit', () => {
      it.each(types)('%s leaves one record of each thing it changed, and those of the operation', async (type) => {
        await recorded(type);
      });
    });

    describe.concurrent('undo', () => {
      it.each(types)('%s is put back where its plan said so, and where nobody has changed it since', async (type) => {
        await checkUndo(app, cast, await recorded(type));
      });
    });

    describe('crash', () => {
      let survived: ReadonlyMap<string, Requested>;
      beforeAll(async () => {
        survived = await surviving;
      });

      it.each(types)('%s, killed while at work, is done once and recorded once', async (type) => {
        const done = survived.get(type) ?? expect.fail(`${type} was not started`);
        await done.scene.happened(done.operation);
        await checkItems(crashing, actors, done);
        await checkRecords(crashing, done, actors.starts);
        await checkTrail(crashing, done);
      });
    });
  },
);
