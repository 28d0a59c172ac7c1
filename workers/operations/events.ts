import { createRoute, z } from '@hono/zod-openapi';
import { followOperation } from '../../domain/operations/follow-operation.ts';
import { readOperation, snapshotOf } from '../../domain/operations/read-operation.ts';
import { eventStream } from '../event-stream.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { secured } from '../route.ts';

const route = createRoute({
  ...secured('operation.read', 'An operation’s progress as server-sent events'),
  method: 'get',
  path: '/v1/admin/operations/{id}/events',
  tags: ['operations'],
  description:
    'An event `progress` at once and whenever something has changed, at most four a second, each with the whole state: ' +
    'phase, status, itemsDone, itemsTotal, itemsFailed, itemsSkipped, percent, itemsPerSecond, etaSeconds, activeMs, ' +
    'failureReason. While an operation is undone the counts are of the undo. ' +
    'The stream ends with an event `end` when the operation has ended (data: its phase and status) or when the session or the ' +
    'permission has (data: a code), and without one after 15 minutes (connect again). At most 5 at once.',
  request: { params: z.object({ id: idParam('id') }), query: z.strictObject({}) },
  responses: {
    200: {
      description: 'The stream.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problems('malformed_request', 'rate_limited'),
  },
});

export function mountOperationEvents(app: App): void {
  app.openapi(route, async (c) => {
    const ctx = callerContext(c);
    const { id } = c.req.valid('param');
    const gone = new AbortController();
    const read = async () => snapshotOf(await readOperation(ctx, id));
    const events = await followOperation(ctx, id, read, gone.signal);
    return eventStream(c, events, (bytes) => bytes, gone);
  });
}
