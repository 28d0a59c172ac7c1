import { randomUUID } from 'node:crypto';
import type { Ask } from './case.ts';

interface Wrong {
  what: string;
  body: Partial<Ask>;
  /** What the answer must name. */
  field: string;
}

type Part = Record<string, unknown>;
const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Each field left out or of another kind, and one that nobody knows; of what is inside of it, too. */
function* wrongParts(part: Part, path: string): Generator<{ what: string; part: Part; field: string }> {
  yield { what: 'unknown', part: { ...part, nonsense: 1 }, field: `${path}.nonsense` };
  for (const [name, value] of Object.entries(part)) {
    const field = `${path}.${name}`;
    const { [name]: _, ...others } = part;
    yield { what: 'missing', part: others, field };
    yield { what: 'of another kind', part: { ...part, [name]: isPart(value) ? 7 : { wrong: true } }, field };
    if (isPart(value))
      for (const { part: inner, ...wrong } of wrongParts(value, field))
        yield { ...wrong, part: { ...part, [name]: inner } };
    if (Array.isArray(value) && isPart(value[0]))
      for (const { part: inner, ...wrong } of wrongParts(value[0], `${field}.0`))
        yield { ...wrong, part: { ...part, [name]: [inner, ...value.slice(1)] } };
  }
}

/** Requests that are wrong in one place each, made from one that is right. */
export function* wrongRequests({ target, parameters }: Ask): Generator<Wrong> {
  for (const { part, ...wrong } of wrongParts(target, 'target'))
    yield { ...wrong, body: { target: part as Ask['target'], parameters } };
  for (const { part, ...wrong } of wrongParts(parameters, 'parameters'))
    yield { ...wrong, body: { target, parameters: part } };
  const elsewhere = { ...target, type: 'planet' };
  yield { what: 'of another type', body: { target: elsewhere, parameters }, field: 'target.type' };
  yield { what: 'missing', body: { parameters }, field: 'target' };
}

/** The same about something that is not there. null: it names nothing one by one. */
export function aboutNothing({ target, parameters }: Ask): { ask: Ask; answer: [number, string] } | null {
  const change = (more: Part, answer: [number, string]) => ({
    ask: { target: { ...target, ...more } as Ask['target'], parameters },
    answer,
  });
  const { id, ids, items } = target as { id?: string; ids?: string[]; items?: Part[] };
  if (id) return change({ id: randomUUID() }, [404, 'not_found']);
  if (ids) return change({ ids: [...ids, randomUUID()] }, [422, `target.ids.${ids.length}`]);
  if (items)
    return change({ items: [...items, { ...items[0], code: 'nowhere' }] }, [422, `target.items.${items.length}`]);
  return null;
}
