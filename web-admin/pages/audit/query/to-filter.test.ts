import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditLogFilter } from '../../../../domain/audit/schema.ts';
import { parseTerms, printTerm } from './terms.ts';
import { filterOf } from './to-filter.ts';
import { ACTION_VALUES, OUTCOMES, RANGES, RESOURCE_VALUES, VOCABULARY } from './vocabulary.ts';

const ID = '01900000-0000-7000-8000-000000000203';
const world = {
  now: Date.parse('2026-11-23T12:00:00.000Z'),
  serviceId: (text: string) => (text === 'billing' || text === ID ? ID : undefined),
};
const asked = (text: string, view: keyof typeof VOCABULARY = 'records') => filterOf(parseTerms(text), view, world);
const codes = (text: string, view: keyof typeof VOCABULARY = 'records') =>
  asked(text, view).problems.map(({ code }) => code);

describe('what a query asks the API', () => {
  it('is its parameters', () => {
    expect(asked('actor:ana@example.com action:service.* -outcome:success created:>=2026-11-01 pump "x y"')).toEqual({
      filter: { actorEmail: 'ana@example.com', action: 'service.*', notOutcome: ['success'], q: 'pump x y' },
      range: { from: '2026-11-01T00:00:00.000Z' },
      problems: [],
      beyondRetention: false,
    });
    expect(asked(`actor:${ID} service:billing -service:${ID} -actor:a -actor:b`).filter).toEqual({
      actorId: ID,
      serviceId: ID,
      notServiceId: [ID],
      notActorEmail: ['a', 'b'],
    });
    expect(asked('status:4xx duration:>=500 method:patch', 'api-logs').filter).toEqual({
      status: '4xx',
      minDurationMs: 500,
      method: 'patch',
    });
    expect(asked('is:open', 'sessions').filter).toEqual({ ended: 'false' });
  });

  it('is nothing while a term is wrong, and says which', () => {
    const cases: [text: string, code: string][] = [
      ['actor:"ana', 'quote'],
      ['actor:', 'empty'],
      ['colour:red', 'unknown'],
      ['endpoint:/v1', 'elsewhere'],
      ['-created:>=-1h', 'notNegatable'],
      ['-pump', 'negatedWord'],
      ['"--"', 'noWord'],
      ['outcome:success outcome:denied', 'twice'],
      ['action:serv*', 'action'],
      ['outcome:maybe', 'outcome'],
      ['service:nowhere', 'service'],
      ['created:yesterday', 'time'],
      ['created:>=2026-11-02 created:<2026-11-01', 'emptyRange'],
      [`resource-id:${'x'.repeat(201)}`, 'long'],
    ];
    for (const [text, code] of cases) expect([text, codes(text)]).toEqual([text, [code]]);
    expect(codes('pump', 'api-logs')).toEqual(['words']);
    expect(codes('is:gone', 'sessions')).toEqual(['ended']);
  });

  it('lies beyond what is kept only as a whole', () => {
    expect(asked('created:<2019-01-01').beyondRetention).toBe(true);
    expect(asked('created:2018-01-01..2026-01-01').beyondRetention).toBe(false);
    expect(asked('created:<2024-01-01', 'sessions').beyondRetention).toBe(true);
    expect(asked('created:<2024-01-01', 'api-logs').beyondRetention).toBe(false);
  });

  it('is taken by the route, whatever is proposed', () => {
    const term = fc.constantFrom(...Object.keys(VOCABULARY.records)).chain((name) => {
      const values: Record<string, readonly string[]> = {
        action: ACTION_VALUES,
        outcome: OUTCOMES,
        resource: RESOURCE_VALUES,
        created: RANGES,
        service: ['billing', ID],
        actor: ['ana@example.com', ID],
      };
      const negated = VOCABULARY.records[name]?.negatable ? fc.boolean() : fc.constant(false);
      return fc.record({ name: fc.constant(name), value: fc.constantFrom(...(values[name] ?? ['x-1'])), negated });
    });
    fc.assert(
      fc.property(fc.array(term, { maxLength: 8 }), (terms) => {
        const { filter, range, problems } = asked(terms.map(printTerm).join(' '));
        for (const { code } of problems) expect(code).toBe('twice');
        expect(auditLogFilter.safeParse({ ...filter, ...range }).success).toBe(true);
      }),
    );
  });
});
