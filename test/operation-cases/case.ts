import { randomUUID } from 'node:crypto';
import type { App, Person } from '../app.ts';
import { checkOverHttp, type Decision, visit } from '../gate.ts';

/** Three owners: what is recorded must name the right one of them. */
export interface Cast {
  asks: Person;
  agrees: Person;
  starts: Person;
}

/** An operation as it is answered. */
export interface Operation {
  id: string;
  startedAt: string;
  reason: string;
  startedBy: string;
  plan: { undo: Record<string, true | string> };
}

/** The audit record of one thing that an operation changed. */
export interface Recorded {
  action: string;
  resource: string;
  resourceId: string;
  /** Absent: it is about no service. */
  serviceId?: string;
  /** Some of what was, and all that is different after it; null: there is no such state. */
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export interface Ask {
  target: { type: string } & Record<string, unknown>;
  parameters: Record<string, unknown>;
}

/** Things of their own that an operation of a type is about. */
export interface Scene extends Ask {
  /** How many targets of each kind. Those that are so already are among them, and leave no record. */
  kinds: Record<string, number>;
  /** What the plan says besides what an undo does not bring back. */
  warnings: string[];
  /** Target → what it is now, without its version. */
  state(): Promise<Record<string, unknown>>;
  /** @throws unless all of it has come about, outside of Postgres too */
  happened(operation: Operation): Promise<void>;
  records(operation: Operation): Recorded[];
  /** Somebody changes one of those that changed; an undo leaves it. @returns the target */
  touch?(): Promise<string>;
  /** @throws unless what was not touched works as before */
  restored?(): Promise<void>;
}

/** Another way to say what an operation is about, and the targets its plan must find. */
export interface Form extends Partial<Ask> {
  as?: Person;
  ids: string[];
}

/** What must hold of one type of operation. */
export interface Case {
  risk: 'routine' | 'destructive' | 'irreversible';
  /** Needed besides operations.execute. */
  permission: string;
  /** Only grants that hold everywhere count. */
  everywhere: boolean;
  /** It is done outside of Postgres, which hears of it afterwards. */
  outside?: true;
  /** Kind → true, or what the plan must say of why it is not put back. */
  undo: Record<string, true | RegExp>;
  /** Fields a request may do without. */
  optional: readonly string[];
  prepare(app: App, cast: Cast): Promise<Scene>;
  forms(app: App, cast: Cast): Promise<Form[]>;
}

/** What the gate says to a visitor of a service now. */
type GateSays = (serviceId: string, more?: object) => Promise<Decision>;

/** Asks as somebody new. */
export async function askingGate(app: App): Promise<GateSays> {
  const person = await app.person('gate');
  return (serviceId, more = {}) => checkOverHttp(app, person, visit(serviceId, more));
}

/** Of so many services, straight from the database: id → what `columns` (SQL) says. */
export async function configsOf(app: App, ids: readonly string[], columns: string): Promise<Record<string, unknown>> {
  const { rows } = await app.db.query(
    `SELECT service_id, ${columns} AS value FROM service_config WHERE service_id = ANY ($1)`,
    [ids],
  );
  return Object.fromEntries(rows.map(({ service_id, value }) => [service_id, value]));
}

/** Somebody who may run operations and change these services, and no others. */
export async function managerOf(app: App, role: string, services: readonly string[]): Promise<Person> {
  const person = await app.person(null);
  for (const service of services) await app.grant(person.id, role, service);
  return person;
}

/** What `GET /v1/admin/me` says to a token. */
export async function admittance(app: App, token: string): Promise<[number, string?]> {
  const { status, json } = await app.call('GET', '/v1/admin/me', { as: token });
  return status === 200 ? [status] : [status, json.code];
}

/** A sign-in of some seconds ago: what is issued within the second of a plan counts as later. */
export const signedIn = (app: App, { subject }: Person, sid: string = randomUUID()): Promise<string> =>
  app.mint({ sub: subject, sid, iat: Math.floor(Date.now() / 1000) - 5 });

export async function castOf(app: App): Promise<Cast> {
  const signIn = async () => {
    const person = await app.person('owner');
    return { ...person, token: await signedIn(app, person, person.sessionId) };
  };
  const [asks, agrees, starts] = await Promise.all([signIn(), signIn(), signIn()]);
  return { asks, agrees, starts };
}
