import { expect } from 'vitest';
import { type App, type Person, until } from '../app.ts';
import { insertRecords } from '../records.ts';
import type { Case, Form, Scene } from './case.ts';

interface File {
  id: string;
  url: string;
}

async function filesOf(app: App, as: Person, count: number): Promise<File[]> {
  const service = await app.service();
  await insertRecords(app, service, { count: 5, days: 1 });
  const ids = await Promise.all(Array.from({ length: count }, () => app.exported(as, { serviceId: service })));
  return Promise.all(ids.map(async (id) => ({ id, url: (await app.finished(as, id)).downloadUrl })));
}

async function objectsOf(app: App, exportId: string): Promise<number> {
  const bucket = await app.worker().miniflare.getR2Bucket('BUCKET', 'steward');
  return (await bucket.list({ prefix: `exports/${exportId}/` })).objects.length;
}

async function prepare(app: App): Promise<Scene> {
  const auditor = await app.person('auditor');
  const files = await filesOf(app, auditor, 2);
  for (const { id, url } of files)
    expect([(await app.download(url)).status, (await objectsOf(app, id)) > 0]).toEqual([200, true]);
  return {
    target: { type: 'exports', requestedBy: auditor.id },
    parameters: {},
    kinds: { export: 2 },
    warnings: [],
    state: async () => {
      const { rows } = await app.db.query('SELECT id, status, expires_at FROM admin_exports WHERE requested_by = $1', [
        auditor.id,
      ]);
      return Object.fromEntries(rows.map(({ id, ...state }) => [id, state]));
    },
    happened: async () => {
      for (const { url } of files) {
        const { status, json } = await app.download(url);
        expect([status, json.code]).toEqual([410, 'gone']);
      }
      // The sweep looks after what was at work a moment ago only once its lease is over.
      await until(
        async () => {
          await app.worker().scheduled('* * * * *');
          return (await Promise.all(files.map(({ id }) => objectsOf(app, id)))).every((count) => count === 0);
        },
        'the objects are gone',
        40_000,
        300,
      );
    },
    records: ({ startedAt }) =>
      files.map(({ id }) => ({
        action: 'export.expire',
        resource: 'export',
        resourceId: id,
        before: { requestedBy: auditor.id, exportType: 'audit_logs', status: 'ready' },
        after: { status: 'expired', expiresAt: startedAt },
      })),
  };
}

async function forms(app: App): Promise<Form[]> {
  const auditor = await app.person('auditor');
  const { id } = (await filesOf(app, auditor, 1))[0] as File;
  const mine = { type: 'exports', requestedBy: auditor.id, exportType: 'audit_logs' };
  return [
    { target: { type: 'export', id }, ids: [id] },
    { target: { ...mine, before: new Date(Date.now() + 60_000).toISOString() }, ids: [id] },
    { target: { ...mine, before: '2026-01-01T00:00:00Z' }, ids: [] },
    { target: { ...mine, exportType: 'sessions' }, ids: [] },
  ];
}

export const exportsPurge: Case = {
  risk: 'irreversible',
  permission: 'operations.execute',
  everywhere: true,
  undo: { export: /requested anew/ },
  optional: ['target.requestedBy'],
  prepare,
  forms,
};
