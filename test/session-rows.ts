import { randomUUID } from 'node:crypto';
import type { App } from './app.ts';
import { DAY_MS, insertRows, NO_SERVICE, pick, type Row, row, type Table, textOf } from './audit-rows.ts';
import { random } from './random.ts';
import type { Actor, Fact, Kind, Model } from './session-model.ts';

const ADDRESSES = ['203.0.113.0', '2001:db8:1::', '198.51.100.0'];
const AGENTS = ['Mozilla/5.0', 'curl/8', ''];
const stored = (address: string) => (address.includes(':') ? address : `::ffff:${address}`);

/** So many sessions of three actors, in tables and as facts. Each begins in a millisecond of its own. */
export function makeSessions(begin: number, count: number, services: readonly string[]): Model {
  const actors = [1, 2, 3].map((n) => ({
    id: randomUUID(),
    email: `s${n}-${randomUUID()}@example.com`,
    role: 'operator',
  }));
  const rows = { admin_ui_events: [], admin_api_logs: [], admin_audit_logs: [] };
  const model: Model = { sessions: [], actors, facts: [], kept: [], rows };
  for (let n = 0; n < count; n++) {
    const start = begin + Math.floor((n * 40 * DAY_MS) / count) + Math.floor(random() * 60_000);
    const session = n % 5 === 4 ? `sid ${n}/ü'"\\ ${randomUUID()}` : randomUUID();
    model.sessions.push(session);
    oneSession(model, { session, start, actor: pick(actors), services, browser: n % 2 === 0 });
  }
  return model;
}

interface Making {
  session: string;
  start: number;
  actor: Actor;
  services: readonly string[];
  browser: boolean;
}

function oneSession(model: Model, o: Making): void {
  const steps = Math.floor(random() * 25);
  const stretch = pick([1000, 60_000, DAY_MS / 6]);
  let at = o.start;
  if (o.browser)
    audit(model, o, at, {
      action: 'session.sign-in',
      resource: 'session',
      resource_id: o.session,
      after_state: browser('Firefox'),
    });
  for (let n = 0; n < steps; n++) {
    at += 1 + Math.floor(random() * stretch);
    pick([uiEvent, apiCall, audit])(model, o, at);
  }
  at += 1000;
  const end = random();
  if (o.browser && end < 0.3)
    audit(model, o, at, {
      action: 'session.sign-out',
      resource: 'session',
      resource_id: o.session,
      before_state: browser('Firefox'),
      after_state: `${browser('Firefox')} `,
    });
  else if (end < 0.5) revocation(model, o, at);
  // What is no session: a refused sign-in, and what happens outside of any.
  if (end > 0.8) {
    const refused = row(at, {
      session_id: randomUUID(),
      action: 'session.sign-in',
      outcome: 'denied',
      resource: 'session',
      after_state: '{"subject":"x"}',
    });
    model.rows.admin_audit_logs.push(
      refused,
      row(at + 1, { session_id: '', action: 'export.expire', outcome: 'success' }),
    );
    model.rows.admin_audit_logs.push(
      row(at + 2, { session_id: '', action: 'session.revoke', outcome: 'denied', resource_id: o.session }),
    );
  }
}

const browser = (userAgent: string) =>
  JSON.stringify({ kind: 'browser', ipAddress: '203.0.113.0', userAgent, revokedAt: null });

interface Common {
  service: string;
  address: string;
  columns: Record<string, string>;
}

function common(o: Making, service = pick([...o.services, NO_SERVICE])): Common {
  const address = pick(ADDRESSES);
  const { id, email, role } = o.actor;
  const columns = {
    session_id: o.session,
    actor_id: id,
    actor_email: email,
    actor_role: role,
    service_id: service,
    ip_address: stored(address),
  };
  return { service, address, columns };
}

/** Puts the row where it belongs, and what it says into the model. */
function keep(
  model: Model,
  table: Table,
  kind: Kind,
  o: Making,
  made: Row,
  { service, address }: Common,
  said: Partial<Fact>,
) {
  model.rows[table].push(made);
  model.kept.push({ kind, id: made.id, at: made.timestamp, session: o.session, service });
  const { id, email, role } = o.actor;
  const fact = {
    session: o.session,
    actor: id,
    email,
    role,
    service,
    at: made.timestamp,
    address,
    agent: '',
    counts: {},
  };
  model.facts.push({ ...fact, ...said });
}

function uiEvent(model: Model, o: Making, at: number) {
  const [base, agent] = [common(o), pick(AGENTS)];
  const made = row(at, { ...base.columns, event_type: 'app.widget.click', properties: '{}', user_agent: agent });
  keep(model, 'admin_ui_events', 'ui-event', o, made, base, { agent, counts: { uiEvents: 1 } });
}

function apiCall(model: Model, o: Making, at: number) {
  const [base, agent, status_code] = [common(o), pick(AGENTS), pick([200, 304, 399, 400, 404, 500])];
  const made = row(at, { ...base.columns, endpoint: '/v1/admin/me', method: 'GET', status_code, user_agent: agent });
  keep(model, 'admin_api_logs', 'api-call', o, made, base, {
    agent,
    counts: { apiCalls: 1, apiErrors: status_code >= 400 ? 1 : 0 },
  });
}

function audit(model: Model, o: Making, at: number, about: Record<string, string> = {}) {
  const own = about.action !== undefined;
  const base = common(o, own ? NO_SERVICE : undefined);
  const outcome = own ? 'success' : pick(['success', 'denied', 'failure']);
  const [before_state, after_state] = pick([
    ['{"a":1}', '{"a":2}'],
    ['', '{"a":1}'],
    ['', ''],
  ]) as [string, string];
  const content = {
    action: 'service.config.update',
    resource: 'service_config',
    before_state,
    after_state,
    outcome,
    ...about,
  };
  const made = row(at, { ...base.columns, ...content });
  const changes = !own && outcome === 'success' && before_state !== after_state ? 1 : 0;
  const counts = { auditRecords: 1, changes, denials: outcome === 'denied' ? 1 : 0 };
  const said: Partial<Fact> = { counts };
  if (own) said.kind = 'browser';
  if (about.action === 'session.sign-in') Object.assign(said, { signedIn: made.timestamp, agent: 'Firefox' });
  if (about.action === 'session.sign-out') said.signedOut = made.timestamp;
  keep(model, 'admin_audit_logs', 'audit', o, made, base, said);
}

/** Somebody else ends it, in a session of theirs. Postgres listed it a moment before its first record. */
function revocation(model: Model, o: Making, at: number) {
  const revoker = { ...o, session: `revoker-${randomUUID()}`, actor: pick(model.actors) };
  model.sessions.push(revoker.session);
  const base = common(revoker, NO_SERVICE);
  const kind = o.browser ? 'browser' : 'token';
  const created = o.start - 5;
  const state = {
    id: o.session,
    adminId: o.actor.id,
    email: o.actor.email,
    kind,
    ipAddress: '192.0.2.0',
    userAgent: 'Listed',
    createdAt: new Date(created).toISOString(),
  };
  const made = row(at, {
    ...base.columns,
    ...{ action: 'session.revoke', resource: 'session', resource_id: o.session, outcome: 'success' },
    ...{ before_state: JSON.stringify(state), after_state: JSON.stringify({ ...state, revokedAt: 'now' }) },
  });
  keep(model, 'admin_audit_logs', 'audit', revoker, made, base, { counts: { auditRecords: 1, changes: 1 } });
  const { id, email } = o.actor;
  const ended = {
    session: o.session,
    actor: id,
    email,
    role: '',
    service: NO_SERVICE,
    at: textOf(created),
    address: '192.0.2.0',
  };
  model.facts.push({ ...ended, agent: 'Listed', kind, revoked: made.timestamp, counts: {} });
}

/** In several inserts of mixed order, each delivered twice under its token. */
export async function storeTwice(app: App, { rows }: Model): Promise<void> {
  for (const [table, all] of Object.entries(rows) as [Table, Row[]][]) {
    const mixed = all.toSorted(() => random() - 0.5);
    const size = Math.max(25, Math.ceil(mixed.length / 4));
    for (let n = 0; n < mixed.length; n += size) {
      // The same token for other tables' rows: it must not keep them out.
      const token = `${all[0]?.session_id}-${n}`;
      await insertRows(app, table, mixed.slice(n, n + size), token);
      await insertRows(app, table, mixed.slice(n, n + size), token);
    }
  }
}
