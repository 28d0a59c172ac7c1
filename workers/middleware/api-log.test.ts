import { Hono } from 'hono';
import { describe, expect, it, vi } from 'vitest';
import type { Context } from '../../domain/context.ts';
import { NotFound } from '../../domain/errors.ts';
import type { Service } from '../../domain/gate/service.ts';
import type { ApiLogRow } from '../../queues/messages.ts';
import type { HttpEnv } from '../http.ts';
import { toProblem } from '../problem.ts';
import { apiLog, findLevel } from './api-log.ts';
import { jsonBody } from './json-body.ts';

const ID = '01900000-0000-7000-8000-0000000000a1';
const PATH = `/v1/admin/services/${ID}/things`;
const standing = { adminId: ID, email: 'e', name: 'n', status: 'active', notBefore: null, grants: [] } as const;

/** A Worker whose gate knows what it is told to; collects what would go to the queue. */
function site(
  level: {
    ready?: string | undefined;
    recent?: string;
    found?: string | null | undefined;
    staleSeconds?: number;
    isOutdated?: boolean;
    /** The level comes when this does. */
    when?: Promise<unknown>;
  } = {},
) {
  const app = new Hono<HttpEnv>();
  const seen = { rows: [] as ApiLogRow[], later: [] as Promise<unknown>[], errors: 0, found: 0, bindings: {} };
  const service = (auditLevel: string | undefined) => (auditLevel ? ({ auditLevel } as Service) : undefined);
  const log = { info: () => undefined, error: () => seen.errors++ };
  const configs = {
    ready: () => service(level.ready),
    recent: () => service(level.recent ?? level.ready),
    find: async () => {
      seen.found++;
      await level.when;
      const { staleSeconds = null, isOutdated = false } = level;
      return { service: level.found === null ? null : service(level.found), staleSeconds, isOutdated };
    },
  };
  const gate = { configs, copies: {}, markers: {} };
  const runtime = { gate, apiLogs: { add: (_: unknown, row: ApiLogRow) => seen.rows.push(row) } };
  seen.bindings = { runtime };
  const ctx = {
    log,
    now: () => 1,
    newId: () => ID,
    later: (work: Promise<unknown>) => seen.later.push(work),
    origin: { requestId: 'r', traceId: 't', ipAddress: '::', userAgent: 'u' },
    redact: { json: (text: string) => text.replaceAll('secret', '[redacted]') },
  } as unknown as Context;
  app.onError(toProblem);
  app.use(async (c, next) => {
    c.set('ctx', ctx);
    c.set('log', log as never);
    await next();
  });
  app.use('/v1/*', apiLog);
  app.use('/v1/*', async (c, next) => {
    c.set('caller', { subject: 'a', sessionId: 's', issuedAt: 0, expiresAt: 9 });
    c.set('entry', { known: { standing, ended: false }, stale: null, ticket: 't', permits: null });
    if (!c.req.header('stranger')) {
      c.set('standing', standing);
      findLevel(c, ID);
    }
    await next();
  });
  const call = async (method = 'GET', body?: string, headers: Record<string, string> = {}) => {
    const request = new Request(`http://x${PATH}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const response = await app.fetch(request, seen.bindings);
    const text = await response.text();
    await Promise.all(seen.later);
    return { status: response.status, text, row: seen.rows.at(-1) };
  };
  return { app, seen, call };
}

const route = '/v1/admin/services/:id/things';

describe('an API call', () => {
  it('is logged with its bodies at DETAILED only, whether the level was known or had to be found', async () => {
    const levels = [
      [{ ready: 'DETAILED' }, true, 0],
      [{ ready: 'STANDARD' }, false, 0],
      [{ ready: 'MINIMAL' }, null, 0],
      [{ found: 'DETAILED' }, true, 1],
      [{ recent: 'DETAILED', found: 'DETAILED' }, true, 1],
      [{ recent: 'DETAILED', found: 'STANDARD' }, false, 1],
      [{ found: 'STANDARD' }, false, 1],
      [{ found: 'MINIMAL' }, null, 1],
      [{ found: null }, false, 1],
      [{ found: undefined }, false, 1],
      // What is known of old may be louder than what is in force.
      [{ found: 'DETAILED', staleSeconds: 11 }, false, 1],
      [{ found: 'MINIMAL', staleSeconds: 11 }, null, 1],
      [{ found: 'DETAILED', staleSeconds: 0, isOutdated: true }, null, 1],
      [{ found: 'STANDARD', isOutdated: true }, null, 1],
    ] as const;
    for (const [level, hasBodies, found] of levels) {
      const { app, seen, call } = site(level);
      app.post(route, jsonBody, (c) => c.json({ answer: 'secret' }));
      const { status, text, row } = await call('POST', '{"ask":"secret"}');
      expect([status, text]).toEqual([200, '{"answer":"secret"}']);
      const bodies = row && [row.request_body, row.response_body];
      const full = ['{"ask":"[redacted]"}', '{"answer":"[redacted]"}'];
      expect([level, bodies ?? null]).toEqual([level, hasBodies === null ? null : hasBodies ? full : ['', '']]);
      expect([level, seen.found]).toEqual([level, found]);
    }
    console.log(`levels: tried ${levels.length}, bodies wrong 0`);
  });

  it('is answered though its level is not found, and then recorded without bodies, or at MINIMAL not at all', async () => {
    vi.useFakeTimers();
    for (const [found, rows] of [
      ['DETAILED', 1],
      ['STANDARD', 1],
      ['MINIMAL', 0],
    ] as const) {
      const { promise: when, resolve } = Promise.withResolvers<void>();
      const { app, seen, call } = site({ found, when });
      app.get(route, (c) => c.json(1));
      const answer = app.fetch(new Request(`http://x${PATH}`), seen.bindings);
      await vi.advanceTimersByTimeAsync(2000);
      expect([(await answer).status, seen.rows.length]).toEqual([200, 0]);
      resolve();
      await Promise.all(seen.later);
      expect([found, seen.rows.length, seen.rows[0]?.response_body ?? '']).toEqual([found, rows, '']);
      // The call after it is recorded by what is known then.
      const bodies = { DETAILED: '1', STANDARD: '', MINIMAL: undefined }[found];
      expect((await call()).row?.response_body).toBe(bodies);
    }
    vi.useRealTimers();
  });

  it('of somebody who was not let in is never looked up, and leaves no body', async () => {
    for (const [level, rows] of [
      [{}, 1],
      [{ recent: 'DETAILED' }, 1],
      [{ recent: 'MINIMAL' }, 0],
    ] as const) {
      const { app, seen, call } = site({ ...level, found: 'DETAILED' });
      app.get(route, () => {
        throw new NotFound();
      });
      const { row } = await call('GET', undefined, { stranger: '1' });
      expect([level, seen.rows.length, seen.found]).toEqual([level, rows, 0]);
      if (row) expect([row.status_code, row.error_code, row.response_body]).toEqual([404, 'not_found', '']);
    }
  });

  it('whose answer is no JSON, or endless, is not read', async () => {
    const { app, call } = site({ ready: 'DETAILED' });
    let pulled = 0;
    const endless = () =>
      new ReadableStream({
        pull: (controller) => {
          pulled++;
          controller.enqueue(new Uint8Array(65_536));
          if (pulled === 8) controller.close();
        },
      });
    app.get(route, () => new Response(endless(), { headers: { 'Content-Type': 'text/event-stream' } }));
    expect((await call()).row?.response_body).toBe('');
    const large = site({ ready: 'DETAILED' });
    large.app.get(route, (c) => c.json('x'.repeat(300_000)));
    const answer = await large.call();
    expect([answer.text.length, answer.row?.response_body]).toEqual([300_002, '[more than 262144 bytes]']);
  });

  it('is answered even when it cannot be recorded, and that is said', async () => {
    const { app, seen, call } = site({ ready: 'STANDARD' });
    seen.rows.push = () => {
      throw new Error('full');
    };
    app.get(route, (c) => c.json(1));
    expect([(await call()).status, seen.errors]).toEqual([200, 1]);
  });
});
