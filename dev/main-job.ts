/**
 * `npm run main-job`: the whole path over HTTP against a fresh instance, one line a step. Exits 1 at the first wrong answer.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Papa from 'papaparse';
import { type Stack, startStack } from './stack.ts';

const PATIENCE_MS = 30_000;

class WrongAnswer extends Error {}

function expect(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new WrongAnswer(what);
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const done = await work();
  const ms = Math.round(performance.now() - started);
  console.log(`ok  ${String(ms).padStart(6)} ms  ${what}`);
  return done;
}

/** Asks until the answer is there; every answer on the way must be a 200. */
async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(100)) {
    const found = await ask();
    if (found !== undefined) return found;
  }
  throw new WrongAnswer(`${what} did not happen within ${PATIENCE_MS / 1000} s`);
}

interface AuditItem {
  id: string;
  action: string;
  outcome: string;
  actorEmail: string;
}

async function walk({ worker, issuer, seeded, mail }: Stack): Promise<void> {
  const seat = (name: string) => {
    const found = seeded.admins.find(({ role }) => role === name);
    expect(found !== undefined, `the seed has an admin with the role ${name}`);
    return found;
  };
  const [admin, machine, reporter, auditor] = [seat('operator'), seat('gate'), seat('telemetry'), seat('auditor')];
  const service = seeded.services[0];
  expect(service !== undefined, 'the seed has a service');
  const signedIn = ({ subject, email }: { subject: string; email: string }) =>
    issuer.accessToken({ subject, email, sessionId: randomUUID() });
  const token = await step('the issuer signs an access token', () => signedIn(admin));
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(worker.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const get = async <T>(path: string): Promise<T> => {
    const answer = await call('GET', path);
    expect(answer.status === 200, `GET ${path} answers ${answer.status}, not 200`);
    return (await answer.json()) as T;
  };
  const trailOf = async (resourceId: string) =>
    (await get<{ items: AuditItem[] }>(`/v1/audit/logs?resourceId=${resourceId}`)).items;

  const config = `/v1/admin/services/${service.id}/config`;
  await step('a stranger is refused', async () => {
    const answer = await fetch(worker.url + config);
    expect(answer.status === 401, `without a token the answer is ${answer.status}, not 401`);
  });
  await step('the configuration is read', async () => {
    const read = await get<{ maintenanceMode: boolean }>(config);
    expect(read.maintenanceMode === false, 'maintenance is off at first');
  });
  await step('it is changed, with If-Match and a reason', async () => {
    const patch = { maintenanceMode: true, maintenanceMessage: 'Back at noon' };
    const answer = await call('PATCH', config, patch, { 'If-Match': '"1"', 'Audit-Reason': 'the main job' });
    expect(answer.status === 200 && answer.headers.get('etag') === '"2"', `PATCH answers ${answer.status}`);
  });
  await step('a second change on the old version is refused', async () => {
    const answer = await call('PATCH', config, { maintenanceMode: false }, { 'If-Match': '"1"' });
    expect(answer.status === 412, `a stale If-Match answers ${answer.status}, not 412`);
  });
  await step('the gate lets nobody pass from the next check on, and says why', async () => {
    const answer = await fetch(`${worker.url}/v1/gate/check`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await signedIn(machine)}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ serviceId: service.id, host: 'example.com', ip: '203.0.113.9', method: 'GET', path: '/' }),
    });
    const decision = (await answer.json()) as { allow: boolean; reason: string; message: string };
    expect(!decision.allow && decision.reason === 'maintenance', `the gate says ${decision.reason}`);
    expect(decision.message === 'Back at noon', 'with the message of the service');
  });
  const record = await step('its record is in ClickHouse and can be queried', () =>
    eventually('the audit record', async () => (await trailOf(service.id))[0]),
  );
  await step('the record holds who, what, before and after', async () => {
    type State = { maintenanceMode: boolean };
    const full = await get<{ before: State; after: State; reason: string }>(`/v1/audit/logs/${record.id}`);
    expect(record.actorEmail === admin.email && full.reason === 'the main job', 'actor and reason are recorded');
    expect(!full.before.maintenanceMode && full.after.maintenanceMode, 'both states are recorded');
  });
  const location = await step('an export of the audit log is accepted', async () => {
    const answer = await call('POST', '/v1/admin/exports', { exportType: 'audit_logs', fileFormat: 'csv' });
    const path = answer.headers.get('location');
    expect(answer.status === 202 && path !== null, `POST answers ${answer.status}, not 202 with a Location`);
    return path;
  });
  type View = {
    id: string;
    status: string;
    rowsDone: number;
    rowsExpected: number;
    bytesDone: number;
    downloadUrl: string | null;
  };
  const ready = await step('a queue consumer has written it', () =>
    eventually('the export', async () => {
      const view = await get<View>(location);
      expect(view.status !== 'failed', 'the export does not fail');
      return view.status === 'ready' ? view : undefined;
    }),
  );
  await step('the signed link downloads it, whole', async () => {
    expect(
      ready.downloadUrl !== null && ready.rowsDone === ready.rowsExpected,
      'expected and written rows are the same',
    );
    const answer = await fetch(ready.downloadUrl);
    const text = await answer.text();
    expect(answer.status === 200 && Buffer.byteLength(text) === ready.bytesDone, `the file answers ${answer.status}`);
    const rows = Papa.parse<{ id: string }>(text.trimEnd(), { header: true }).data;
    expect(rows.length === ready.rowsDone && rows.some(({ id }) => id === record.id), 'the record is in the file');
    const sha256 = createHash('sha256').update(text).digest('hex');
    console.log(`               ${rows.length} rows, ${ready.bytesDone} bytes, SHA-256 ${sha256.slice(0, 16)}…`);
  });
  await step('a link with one character changed is refused', async () => {
    const link = ready.downloadUrl as string;
    const answer = await fetch(link.slice(0, -1) + (link.endsWith('0') ? '1' : '0'));
    expect(answer.status === 403, `it answers ${answer.status}, not 403`);
  });
  await step('request, completion, download and refusal are audited', () =>
    eventually('the trail of the export', async () => {
      const trail = (await trailOf(ready.id)).map(({ action, outcome }) => `${action} ${outcome}`);
      const wanted = [
        'export.request success',
        'export.complete success',
        'export.download success',
        'export.download denied',
      ];
      return wanted.every((entry) => trail.includes(entry)) ? trail : undefined;
    }),
  );
  await step('words of the reason find the record', async () => {
    const { items } = await get<{ items: AuditItem[] }>('/v1/audit/logs?q=main+job');
    expect(items.length === 1 && items[0]?.id === record.id, `the words find ${items.length} records`);
  });
  await step('a click reported by OpenTelemetry is found among the UI events, without its password', async () => {
    const click = {
      eventName: 'app.widget.click',
      attributes: [
        { key: 'app.widget.name', value: { stringValue: 'Save' } },
        { key: 'password', value: { stringValue: 'correct horse' } },
      ],
    };
    const answer = await fetch(`${worker.url}/v1/otlp/v1/logs`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await signedIn(reporter)}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [click] }] }] }),
    });
    expect(answer.status === 200, `OTLP answers ${answer.status}: ${await answer.clone().text()}`);
    type UiEvent = { componentName: string; actorEmail: string; properties: { password: string } };
    const [event] = await eventually('the UI event', async () => {
      const { items } = await get<{ items: UiEvent[] }>('/v1/audit/ui-events?eventType=app.widget.click');
      return items.length > 0 ? items : undefined;
    });
    expect(event?.componentName === 'Save' && event.actorEmail === reporter.email, 'who clicked what is recorded');
    expect(event.properties.password === '[redacted]', 'the password is not');
  });
  await step('the session of this walk tells it in order: calls and records', async () => {
    type Session = { id: string; counts: { apiCalls: number } };
    const session = await eventually('the session', async () => {
      const { items } = await get<{ items: Session[] }>(`/v1/audit/sessions?actorEmail=${admin.email}`);
      return items.find(({ counts }) => counts.apiCalls > 5);
    });
    type Entry = { kind: string; entry: { timestamp: string } };
    const { items } = await get<{ items: Entry[] }>(`/v1/audit/sessions/${session.id}/timeline?limit=200`);
    const kinds = new Set(items.map(({ kind }) => kind));
    expect(kinds.size >= 2, `the timeline has ${[...kinds].join(' and ')} only`);
    expect(
      items.every(({ entry }, i) => i === 0 || entry.timestamp >= (items[i - 1] as Entry).entry.timestamp),
      'it is in order',
    );
  });
  await step(
    'an operation ends the maintenance everywhere, each item is recorded, and an undo puts it back',
    async () => {
      type Operation = { id: string; phase: string; itemsDone: number; plan: { itemsTotal: number } };
      const asked = await call('POST', '/v1/admin/operations', {
        type: 'services.maintenance',
        target: { type: 'service', id: service.id },
        parameters: { maintenanceMode: false },
        reason: 'the main job',
      });
      expect(asked.status === 202, `POST answers ${asked.status}, not 202`);
      const { id } = (await asked.json()) as Operation;
      const reached = (wanted: string) =>
        eventually(`the operation, ${wanted}`, async () => {
          const operation = await get<Operation>(`/v1/admin/operations/${id}`);
          return operation.phase === wanted ? operation : undefined;
        });
      const { itemsDone, plan } = await reached('completed');
      expect(itemsDone === 1 && plan.itemsTotal === 1, 'its one target is done');
      expect((await get<{ maintenanceMode: boolean }>(config)).maintenanceMode === false, 'maintenance is off');
      expect((await call('POST', `/v1/admin/operations/${id}/undo`)).status === 200, 'the undo is accepted');
      await reached('undone');
      expect((await get<{ maintenanceMode: boolean }>(config)).maintenanceMode, 'maintenance is on again');
    },
  );
  await step('a legal hold on the service is in force', async () => {
    const headers = { Authorization: `Bearer ${await signedIn(auditor)}`, 'Content-Type': 'application/json' };
    const answer = await fetch(`${worker.url}/v1/audit/holds`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ reason: 'the main job', serviceId: service.id }),
    });
    const hold = answer.headers.get('location');
    expect(answer.status === 202 && hold !== null, `POST answers ${answer.status}, not 202 with a Location`);
    await eventually('the hold', async () => {
      const view = (await (await fetch(worker.url + hold, { headers })).json()) as { status: string };
      return view.status === 'active' ? view : undefined;
    });
  });
  await step('a notification channel is tested, and its e-mail is caught', async () => {
    const channel = { type: 'email', name: 'The main job', recipients: ['ops@example.com'], events: ['export.ready'] };
    const made = await call('POST', '/v1/admin/notification-channels', channel);
    expect(made.status === 201, `POST answers ${made.status}, not 201`);
    const tested = await call('POST', `${made.headers.get('location')}/test`);
    expect(tested.status === 202, `the test answers ${tested.status}, not 202`);
    await eventually('the e-mail', async () => {
      const found = mail.caught.find(({ recipients }) => recipients.includes('ops@example.com'));
      return found?.subject === 'Test notification' ? found : undefined;
    });
    const delivery = String(tested.headers.get('location'));
    await eventually('its delivery', async () => {
      const { status } = await get<{ status: string }>(delivery);
      return status === 'delivered' ? status : undefined;
    });
  });
}

const dataDir = await mkdtemp(join(tmpdir(), 'steward-main-job-'));
let stack: Stack | undefined;
try {
  stack = await step('a fresh instance is up', () => startStack({ dataDir }));
  await walk(stack);
  console.log('The main job works, end to end.');
} catch (error) {
  console.error(error instanceof WrongAnswer ? `WRONG: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await stack?.stop();
  await rm(dataDir, { recursive: true, force: true });
}
