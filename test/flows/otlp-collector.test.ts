import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRecord } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MAX_COMPRESSED_BYTES } from '../../domain/telemetry/otlp-limits.ts';
import { type App, startApp } from '../app.ts';
import { AGENT, SESSION, SITE, signIn } from '../browser-sign-in.ts';
import { eventsOf, gzip, protobufLogs } from '../otlp.ts';

interface Exporter {
  endpoint: string;
  compression: string;
  auth: { authenticator: string };
  retry_on_failure: { enabled: boolean };
  sending_queue: {
    storage?: string;
    batch: { sizer: string; max_size: number; partition?: { metadata_keys: string[] } };
  };
}
interface Configuration {
  extensions: Record<string, { headers?: { action: string; key: string; from_context: string }[]; filename?: string }>;
  receivers: Record<string, { protocols: { http?: { endpoint: string; include_metadata?: boolean } } }>;
  processors: Record<string, unknown>;
  exporters: Record<string, Exporter>;
  service: {
    extensions: string[];
    pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] }>;
  };
}

// No Collector runs here: none can be had from the package registries. What is tested is the file, and the requests it leads to.
const FILE = join(import.meta.dirname, '..', '..', 'deploy', 'collector.yaml');
/** What each is called in the Collector's own source (August 2026). */
const KNOWN = {
  extensions: ['headers_setter', 'bearertokenauth'],
  receivers: ['otlp'],
  processors: ['memory_limiter'],
  exporters: ['otlp_http'],
} as const;
const typeOf = (id: string) => id.split('/')[0];

let app: App;
let configuration: Configuration;
beforeAll(async () => {
  configuration = parse(await readFile(FILE, 'utf8'), { strict: true, uniqueKeys: true });
  app = await startApp({ PUBLIC_URL: SITE }, { eventSeconds: 1 });
});
afterAll(() => app.stop());

describe('deploy/collector.yaml', () => {
  it('declares what it uses and uses what it declares, by names the Collector knows', () => {
    const { service, extensions, exporters } = configuration;
    const pipelines = Object.values(service.pipelines);
    for (const kind of ['receivers', 'processors', 'exporters'] as const) {
      const used = new Set(pipelines.flatMap((pipeline) => pipeline[kind]));
      expect([kind, [...used].toSorted()]).toEqual([kind, Object.keys(configuration[kind]).toSorted()]);
    }
    expect(service.extensions.toSorted()).toEqual(Object.keys(extensions).toSorted());
    expect(
      Object.values(exporters)
        .map(({ auth }) => auth.authenticator)
        .toSorted(),
    ).toEqual(service.extensions.toSorted());
    for (const [kind, known] of Object.entries(KNOWN))
      for (const id of Object.keys(configuration[kind as keyof typeof KNOWN])) expect(known).toContain(typeOf(id));
    expect(Object.keys(service.pipelines).map(typeOf).toSorted()).toEqual(['logs', 'logs', 'traces', 'traces']);
    for (const { processors } of pipelines) expect(processors[0]).toBe('memory_limiter');
  });

  it('sends what our routes take, and comes again', async () => {
    const { json } = await app.call('GET', '/v1/openapi.json');
    for (const exporter of Object.values(configuration.exporters)) {
      expect(exporter.endpoint).toMatch(/^\$\{env:STEWARD_URL\}\//);
      for (const signal of ['logs', 'traces']) {
        const path = `${exporter.endpoint.replace('${env:STEWARD_URL}', '')}/v1/${signal}`;
        expect(Object.keys(json.paths[path].post.requestBody.content)).toContain('application/x-protobuf');
      }
      expect([exporter.compression, exporter.retry_on_failure.enabled, exporter.sending_queue.batch.sizer]).toEqual([
        'gzip',
        true,
        'bytes',
      ]);
      // Noise, which gzip makes a little larger.
      const noise = crypto.getRandomValues(new Uint8Array(65_536));
      const growth = gzip(noise).length / noise.length;
      expect(exporter.sending_queue.batch.max_size * growth).toBeLessThan(MAX_COMPRESSED_BYTES);
    }
  });

  it("keeps each browser's credentials with its own records, in memory only", () => {
    const { extensions, receivers, exporters } = configuration;
    const passed = extensions['headers_setter/browsers']?.headers ?? [];
    const keys = passed.map(({ from_context }) => from_context).toSorted();
    // Without Cookie nobody is known, without Origin the cookie does not count, and an empty Authorization would hide it.
    expect(passed.map(({ key, action }) => `${action} ${key}`)).toEqual([
      'upsert Cookie',
      'upsert Origin',
      'upsert User-Agent',
    ]);
    expect(exporters['otlp_http/browsers']?.sending_queue.batch.partition?.metadata_keys.toSorted()).toEqual(keys);
    expect(exporters['otlp_http/browsers']?.sending_queue.storage).toBeUndefined();
    expect(receivers['otlp/browsers']?.protocols.http?.include_metadata).toBe(true);
  });
});

/** The request an exporter of the file makes of a batch, as the Collector's otlp_http exporter writes it. */
function exported(
  id: string,
  signal: 'logs' | 'traces',
  batch: Uint8Array,
  client: Record<string, string>,
  token = '',
) {
  const exporter = configuration.exporters[id];
  const { headers = [], filename } = configuration.extensions[exporter?.auth.authenticator ?? ''] ?? {};
  const base = exporter?.endpoint.replace('${env:STEWARD_URL}', app.worker().url);
  return fetch(`${base}/v1/${signal}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': exporter?.compression ?? '',
      'user-agent': 'OpenTelemetry Collector Contrib/0.151.0 (linux/amd64)',
      'accept-encoding': 'gzip',
      ...Object.fromEntries(headers.map(({ key, from_context }) => [key.toLowerCase(), client[from_context] ?? ''])),
      ...(filename ? { authorization: `Bearer ${token}` } : {}),
    },
    body: gzip(batch),
  });
}

/** Several resources in one request: a batch of what several senders sent. Protobuf messages are joined by writing one behind the other. */
async function batchOf(...resources: [string, LogRecord[]][]): Promise<Uint8Array> {
  return Buffer.concat(
    await Promise.all(resources.map(([name, records]) => protobufLogs(records, { 'service.name': name }))),
  );
}

describe('what a Collector with it sends', () => {
  it("is an admin's own, passed on with the session's cookie", async () => {
    const browser = await signIn(app);
    const { rows } = await app.db.query(
      `SELECT s.id FROM admin_sessions s JOIN admins a ON a.id = s.admin_id WHERE a.subject = 'dev|owner' ORDER BY s.created_at DESC LIMIT 1`,
    );
    const client = { cookie: `${SESSION}=${browser.cookie(SESSION)}`, origin: SITE, 'user-agent': AGENT };
    const batch = await batchOf(
      ['web-admin', [{ eventName: 'app.widget.click', attributes: { 'app.widget.id': 'save' } }]],
      ['web-admin-beta', [{ eventName: 'browser.navigation', attributes: { 'url.full': 'https://a.example/x' } }]],
    );
    const answer = await exported('otlp_http/browsers', 'logs', batch, client);
    expect([answer.status, answer.headers.get('content-type'), (await answer.arrayBuffer()).byteLength]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ]);
    const events = await eventsOf(app, rows[0].id, 2);
    expect(
      events.map(({ actor_email, user_agent, properties }) => [actor_email, user_agent, properties['service.name']]),
    ).toEqual(
      expect.arrayContaining([
        ['owner@steward.local', AGENT, 'web-admin'],
        ['owner@steward.local', AGENT, 'web-admin-beta'],
      ]),
    );
    for (const without of [
      { ...client, cookie: '' },
      { ...client, origin: '' },
      { ...client, origin: 'https://evil.example' },
    ])
      expect([401, 403]).toContain((await exported('otlp_http/browsers', 'logs', batch, without)).status);
    expect(await eventsOf(app, rows[0].id, 2)).toHaveLength(2);
  });

  it("is the Collector's own with its token, and is sent again when we are away", async () => {
    const machine = await app.person('telemetry');
    const batch = await batchOf(
      ...Array.from({ length: 30 }, (_, i): [string, LogRecord[]] => [
        `service-${i}`,
        [{ body: `line ${i}` }, { eventName: 'exception' }],
      ]),
    );
    const send = () => exported('otlp_http/services', 'logs', batch, {}, machine.token);
    app.postgres.decide(() => 'error');
    const away = await send();
    expect([away.status, Number(away.headers.get('retry-after')) > 0]).toEqual([503, true]);
    app.postgres.decide(() => 'none');
    expect((await send()).status).toBe(200);
    const events = await eventsOf(app, machine.sessionId, 60);
    expect(events).toHaveLength(60);
    expect(new Set(events.map(({ properties }) => properties['service.name'])).size).toBe(30);
    expect(new Set(events.map(({ actor_email }) => actor_email))).toEqual(new Set([machine.email]));
    const empty = await exported('otlp_http/services', 'traces', new Uint8Array(), {}, machine.token);
    expect(empty.status).toBe(200);
    console.log(
      'collector: 1 file checked; replayed 32 resources in 2 batches, 1 of them after a 503; found 62 of 62 records',
    );
  });
});
