import type { App, Person } from './app.ts';

/** Requests an export, waits for its end and downloads it when there is something to download. */
export async function fileOf(app: App, as: Person, parameters: Record<string, unknown>) {
  const id = await app.exported(as, parameters);
  const view = await app.finished(as, id);
  return { id, view, file: view.downloadUrl ? await app.download(view.downloadUrl) : undefined };
}

/** A service's changes without the records that exports of it leave in its own trail. */
export const changesOf = (serviceId: string) => ({ serviceId, action: 'service.config.update' });

/** The manifest, in order. */
export const chunksOf = async (app: App, exportId: string) =>
  (await app.db.query('SELECT * FROM admin_export_chunks WHERE export_id = $1 ORDER BY seq', [exportId])).rows;
