import { createRoute, z } from '@hono/zod-openapi';
import {
  approveOperation,
  cancelOperation,
  pauseOperation,
  rejectOperation,
  resumeOperation,
  retryFailed,
  reviewOperation,
  startOperation,
  undoOperation,
} from '../../domain/operations/control-operation.ts';
import { type App, callerContext } from '../http.ts';
import { idParam, problems } from '../openapi.ts';
import { body, createHeaders, creation, json, secured, securedRaw } from '../route.ts';
import { operationView } from './views.ts';

const tags = ['operations'];
const path = '/v1/admin/operations/{id}';
const params = z.object({ id: idParam('id') });
const answers = {
  200: json('The operation as it is now.', operationView),
  ...problems('malformed_request', 'conflict', 'idempotency_key_reused'),
};

/** Without a body; the reason is a header. */
const plain = {
  reject: { summary: 'Reject a plan', run: rejectOperation },
  pause: { summary: 'Pause an operation after what it has in hand', run: pauseOperation },
  resume: { summary: 'Resume a paused operation', run: resumeOperation },
  cancel: { summary: 'Cancel an operation: what is done stays done, nothing more comes', run: cancelOperation },
  undo: { summary: 'Put back what succeeded and has not changed since', run: undoOperation },
  'retry-failed': { summary: 'Give what failed another turn', run: retryFailed },
  review: { summary: 'Take the flag from what was started without approval', run: reviewOperation },
} as const;

const plainRoute = (verb: keyof typeof plain) =>
  createRoute({
    ...securedRaw(`operation.${verb}`, plain[verb].summary),
    method: 'post',
    path: `${path}/${verb}` as `${typeof path}/pause`,
    tags,
    request: { params, headers: createHeaders },
    responses: answers,
  });

const approveRoute = createRoute({
  ...secured('operation.approve', 'Agree to a plan: never one’s own'),
  method: 'post',
  path: `${path}/approve`,
  tags,
  description:
    'planHash is that of the plan you have read: another plan, or one whose targets have changed since, is refused.',
  request: {
    params,
    headers: createHeaders,
    body: body(z.strictObject({ planHash: z.string().regex(/^[0-9a-f]{64}$/, 'must be the plan’s hash') })),
  },
  responses: {
    ...answers,
    ...problems('own_plan', 'other_plan', 'plan_drifted', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

const startRoute = createRoute({
  ...secured('operation.start', 'Start an operation whose plan is agreed to'),
  method: 'post',
  path: `${path}/start`,
  tags,
  description:
    'breakGlass: an owner starts without the others’ word, with a reason; all owners are told, and it stays flagged until another owner has reviewed it.',
  request: {
    params,
    headers: createHeaders,
    body: body(z.strictObject({ breakGlass: z.boolean().default(false) })),
  },
  responses: {
    ...answers,
    ...problems('not_approved', 'plan_drifted', 'body_too_large', 'unsupported_media_type', 'invalid_field'),
  },
});

export function mountOperationControls(app: App): void {
  app.openapi(approveRoute, async (c) => {
    const { planHash } = c.req.valid('json');
    const { id } = c.req.valid('param');
    return c.json(await approveOperation(callerContext(c), id, { ...creation(c.req.valid('header')), planHash }), 200);
  });
  app.openapi(startRoute, async (c) => {
    const { breakGlass } = c.req.valid('json');
    const { id } = c.req.valid('param');
    return c.json(await startOperation(callerContext(c), id, { ...creation(c.req.valid('header')), breakGlass }), 200);
  });
  for (const verb of Object.keys(plain) as (keyof typeof plain)[]) {
    const { run } = plain[verb];
    app.openapi(plainRoute(verb), async (c) =>
      c.json(await run(callerContext(c), c.req.valid('param').id, creation(c.req.valid('header'))), 200),
    );
  }
}
