import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type App, until } from '../app.ts';
import type { Case, Cast, Form, Scene } from './case.ts';

const FILES = ['api_logs', 'audit_logs', 'personal_data', 'sessions', 'ui_events'];
const WHOSE = 'The files belong to whoever starts it, who needs exports.request and exports.download.';

interface File {
  export_type: string;
  requested_by: string;
  parameters: Record<string, string>;
  status: string;
}

/** Exports of one person, by anybody. */
const filesOf = async (app: App, personId: string): Promise<(File & { id: string })[]> =>
  (
    await app.db.query(
      `SELECT id, export_type, requested_by, parameters, status FROM admin_exports
       WHERE $1 IN (parameters->>'adminId', parameters->>'actorId', parameters->>'userId') ORDER BY export_type`,
      [personId],
    )
  ).rows;

const filterOf = (type: string, id: string) => (type === 'personal_data' ? { adminId: id } : { actorId: id });

/** Of an admin who has left. */
async function prepare(app: App, { starts }: Cast): Promise<Scene> {
  const { id } = await app.person('viewer');
  await app.db.query(`UPDATE admins SET status = 'removed' WHERE id = $1`, [id]);
  return {
    target: { type: 'admin', id },
    parameters: { fileFormat: 'csv' },
    kinds: { subject_file: FILES.length },
    warnings: [WHOSE, 'What an admin did and saw can name others: read the files before they are handed over.'],
    state: async () => Object.fromEntries((await filesOf(app, id)).map((file) => [file.id, file.export_type])),
    happened: async () => {
      // What a killed runtime's queues held the sweep queues again; records it was about to send wait for a lease of a minute.
      await until(
        async () => {
          await app.worker().scheduled('* * * * *');
          return (await filesOf(app, id)).every(({ status }) => status === 'ready');
        },
        'the files are ready',
        120_000,
        300,
      );
      const ready = FILES.map((type) => ({
        export_type: type,
        requested_by: starts.id,
        parameters: filterOf(type, id),
        status: 'ready',
      }));
      expect((await filesOf(app, id)).map(({ id: _, ...file }) => file)).toEqual(ready);
    },
    records: () =>
      FILES.map((type) => ({
        action: 'subject.export',
        resource: 'subject_file',
        resourceId: type,
        before: null,
        after: { ...filterOf(type, id), exportId: expect.any(String) },
      })),
  };
}

async function forms(app: App, { asks }: Cast): Promise<Form[]> {
  const userId = randomUUID();
  for (const service of [await app.service(), await app.service()])
    await app.db.query(
      'INSERT INTO service_tester_users (id, service_id, user_id, created_by) VALUES (gen_random_uuid(), $1, $2, $3)',
      [service, userId, asks.id],
    );
  return [
    { target: { type: 'admin', id: asks.id.toUpperCase() }, ids: FILES },
    { target: { type: 'user', id: userId }, ids: ['personal_data'] },
  ];
}

export const subjectExport: Case = {
  risk: 'irreversible',
  permission: 'audit.view',
  everywhere: true,
  undo: { subject_file: /cannot be called back; exports\.purge/ },
  optional: ['parameters.fileFormat'],
  outside: true,
  prepare,
  forms,
};
