import type { Hook } from '@hono/zod-openapi';
import { DomainError, type FieldError, Invalid, Malformed, NotFound } from '../domain/errors.ts';
import type { HttpEnv } from './http.ts';

interface Issue {
  code: string;
  path: PropertyKey[];
  message: string;
  keys?: string[];
}

const fieldsOf = (issues: readonly Issue[]): FieldError[] =>
  issues.flatMap(({ code, path, message, keys }) =>
    code === 'unrecognized_keys' && keys
      ? keys.map((key) => ({ field: [...path, key].join('.'), reason: 'is not a field of this resource' }))
      : [{ field: path.join('.'), reason: message }],
  );

const sentence = (errors: FieldError[]) =>
  errors.map(({ field, reason }) => (field === '' ? reason : `${field}: ${reason}`)).join('; ');

/** A path that could be somebody's id but is none leads nowhere; one that could not is refused as malformed. */
const PLAIN_SEGMENT = /^[\w.-]{1,64}$/;

/** What a request that fails its schema is told: 422 for the body, 400 for the query, 404 or 400 for the path. */
export const onInvalid: Hook<unknown, HttpEnv, string, unknown> = (result, c) => {
  if (result.success) return;
  const errors = fieldsOf(result.error.issues as Issue[]);
  if (result.target === 'param') {
    if (Object.values(c.req.param() as Record<string, string>).every((value) => PLAIN_SEGMENT.test(value)))
      throw new NotFound();
    throw new Malformed('The path holds something that is no id.');
  }
  if (result.target === 'json') throw new Invalid(sentence(errors), errors);
  const unknown = (result.error.issues as Issue[]).find(({ code }) => code === 'unrecognized_keys');
  if (unknown && result.target === 'query')
    throw new DomainError('unknown_parameter', `There is no query parameter ${unknown.keys?.join(', ')} here.`, {
      errors,
    });
  throw new Malformed(sentence(errors), { errors });
};
