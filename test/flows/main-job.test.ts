import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp, until } from '../app.ts';

let app: App;
beforeAll(async () => {
  app = await startApp({}, { routed: true });
});
afterAll(() => app.stop());

describe('the main job', () => {
  it('goes from a changed setting to an audited download', async () => {
    const service = await app.service();
    const operator = await app.person('operator', service);
    const changed = await app.patch(
      operator,
      service,
      { maintenanceMode: true, maintenanceMessage: 'Back at noon' },
      { 'Audit-Reason': 'ticket 7' },
    );
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).toBe('"2"');

    await app.drained();
    const logs = await app.call('GET', `/v1/audit/logs?resourceId=${service}`, { as: operator });
    expect(logs.json.items).toMatchObject([
      {
        action: 'service.config.update',
        actorEmail: operator.email,
        outcome: 'success',
        reason: 'ticket 7',
        serviceId: service,
      },
    ]);
    const record = await app.call('GET', `/v1/audit/logs/${logs.json.items[0].id}`, { as: operator });
    expect(record.json.before).toMatchObject({ maintenanceMode: false, maintenanceMessage: null });
    expect(record.json.after).toMatchObject({ maintenanceMode: true, maintenanceMessage: 'Back at noon' });

    const id = await app.exported(operator);
    const view = await app.finished(operator, id);
    expect(view).toMatchObject({ status: 'ready', rowsExpected: 1, rowsDone: 1, failureReason: null });
    const file = await app.download(view.downloadUrl);
    expect(file.status).toBe(200);
    expect(file.headers.get('content-length')).toBe(String(Buffer.byteLength(file.text)));
    expect(file.text.split('\n')).toHaveLength(3);
    expect(file.text).toContain(record.json.id);

    // The end of a download is recorded after its last byte, when the client has it already.
    let trail: string[] = [];
    await until(async () => {
      await app.drained();
      trail = (await app.auditOf(id)).map(({ action, outcome }) => `${action} ${outcome}`);
      return trail.length >= 4;
    }, 'both ends of the download are recorded');
    expect(trail).toEqual([
      'export.request success',
      'export.complete success',
      'export.download success',
      'export.download.end success',
    ]);
  });
});
