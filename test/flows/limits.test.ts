import { describe, expect, it } from 'vitest';
import { startApp } from '../app.ts';

describe('rate limits', () => {
  it('let exactly the budget through, and say what is left and when to come back', async () => {
    const app = await startApp({ API_RATE_LIMIT: '20;w=60', EXPORT_RATE_LIMIT: '2;w=60' });
    try {
      const [service, busy, other] = [await app.service(), await app.person('owner'), await app.person('owner')];
      const config = `/v1/admin/services/${service}/config`;
      const answers = await Promise.all(Array.from({ length: 50 }, () => app.call('GET', config, { as: busy })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
      const refused = answers.find(({ status }) => status === 429);
      expect(refused?.json.code).toBe('rate_limited');
      expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused?.headers.get('ratelimit-policy')).toBe('"admin";q=20;w=60');
      expect(refused?.headers.get('ratelimit')).toMatch(/^"admin";r=0;t=\d+$/);
      expect((await app.call('GET', config, { as: other })).status).toBe(200);

      const body = { exportType: 'audit_logs', parameters: { serviceId: service } };
      const exports = await Promise.all(
        [1, 2, 3, 4].map(() => app.call('POST', '/v1/admin/exports', { as: other, body })),
      );
      expect(exports.map(({ status }) => status).sort()).toEqual([202, 202, 429, 429]);
      console.log('rate limit 20: tried 50, allowed 20; exports 2: tried 4, allowed 2');
    } finally {
      await app.stop();
    }
  });
});

describe('configuration', () => {
  it('stops with the name of a missing or malformed variable and what it should be', async () => {
    const app = await startApp({ DATABASE_URL_API: 'mysql://root:hunter2secret@db/x', LINK_KEYS: '' });
    try {
      const answer = await app.call('GET', '/v1/health/live');
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('hunter2secret');
      const log = app.log.join('\n');
      expect(log).toContain('DATABASE_URL_API must be a connection string postgres://');
      expect(log).toContain('LINK_KEYS must be JSON');
      expect(log).not.toContain('hunter2secret');
    } finally {
      await app.stop();
    }
  });
});
