import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { summary } from './summary.ts';
import { folder } from './test-folder.ts';

const run = promisify(execFile);

describe('the summary', () => {
  const input = {
    api: 'http://127.0.0.1:3001',
    grpc: 'http://127.0.0.1:50052',
    issuer: 'http://127.0.0.1:3002',
    clickhouse: { url: 'http://127.0.0.1:3003', user: 'steward_reader', password: 'pw' },
    postgres: 'postgres://o:p@127.0.0.1:3004/steward',
    mail: 'http://127.0.0.1:3006',
    dataDir: '/data',
    services: [{ id: 'id-1', slug: 'shop', name: 'Web shop' }],
    tokens: ['owner', 'service-manager', 'gate', 'telemetry'].map((role) => ({
      role,
      email: `${role}@x`,
      token: `token.of.${role}`,
    })),
  };

  it('puts everything to paste on whole lines of its own', () => {
    const lines = summary(input, { colour: false }).split('\n');
    expect(lines).toContain("export OWNER='token.of.owner'");
    expect(lines).toContain("export SERVICE_MANAGER='token.of.service-manager'");
    expect(lines).toContain("export SERVICE='id-1'");
    expect(lines.filter((line) => /^[1-5]\. /.test(line))).toHaveLength(5);
    expect(lines.some((line) => line.startsWith('#'))).toBe(false);
  });

  it('has colour only when asked', () => {
    expect(summary(input, { colour: true })).toContain('\u001b[');
    expect(summary(input, { colour: false })).not.toContain('\u001b');
  });

  it.each(['', 'absolute'])(
    'walks the main job in a shell, with %s addresses',
    async (kind) => {
      const seen: string[] = [];
      let asked = '';
      let reported = '';
      const server = createServer((request, response) => {
        const base = kind && `http://${request.headers.host}`;
        seen.push(`${request.method} ${request.url} ${request.headers['audit-reason'] ?? ''}`.trim());
        if (request.url === '/v1/gate/check') {
          request.on('data', (chunk) => {
            asked += chunk;
          });
          request.on('end', () => response.end(`${request.headers.authorization} asked`));
          return;
        }
        if (request.url === '/v1/otlp/v1/logs') {
          request.on('data', (chunk) => {
            reported += chunk;
          });
          request.on('end', () => response.end(`${request.headers.authorization} reported`));
          return;
        }
        if (request.method === 'POST') response.writeHead(202, { Location: `${base}/v1/admin/exports/e1` });
        const ready = seen.filter((each) => each === 'GET /v1/admin/exports/e1').length > 2;
        if (request.url === '/v1/admin/exports/e1')
          response.write(`{"downloadUrl":${ready ? `"${base}/file?a=1&b=2"` : null}}`);
        response.end(request.url?.startsWith('/file') ? '"id"\r\n' : '');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const cwd = folder();
      const script = summary({ ...input, api }, { colour: false })
        .split('\n')
        .filter((line) => /^(export|sleep|curl|ANSWER=|for) ?/.test(line));
      const { stdout } = await run('bash', ['-c', script.join('\n')], { cwd });
      server.close();
      expect(seen.slice(0, 4)).toEqual([
        'PATCH /v1/admin/services/id-1/config Planned maintenance',
        'GET /v1/audit/logs?resourceId=id-1',
        'POST /v1/admin/exports',
        'GET /v1/admin/exports/e1',
      ]);
      expect(seen.slice(-4)).toEqual([
        'GET /file?a=1&b=2',
        'POST /v1/gate/check',
        'POST /v1/otlp/v1/logs',
        'GET /v1/audit/ui-events',
      ]);
      expect(JSON.parse(reported).resourceLogs[0].scopeLogs[0].logRecords[0].eventName).toBe('app.widget.click');
      expect(JSON.parse(asked)).toMatchObject({ serviceId: 'id-1', host: 'shop.example.com' });
      expect(readFileSync(join(cwd, 'audit.csv'), 'utf8')).toBe('"id"\r\n');
      expect(stdout).toMatch(
        /Saved as audit\.csv\nBearer token\.of\.gate asked\nBearer token\.of\.telemetry reported\n\n$/,
      );
    },
    20_000,
  );
});
