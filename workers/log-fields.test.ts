// biome-ignore lint/style/noRestrictedImports: what the drivers throw is what this is about.
import { ClickHouseError } from '@clickhouse/client-web';
// biome-ignore lint/style/noRestrictedImports: the same.
import { NeonDbError } from '@neondatabase/serverless';
import { describe, expect, it } from 'vitest';
import { plain } from './log-fields.ts';

type Told = { name: string; message: string; code?: string; stack?: string; cause?: Told; errors?: Told[] };
const told = (error: unknown) => (plain({ error }) as { error: Told }).error;

/** An error behind whom `depth` others are. */
const chain = (depth: number): Error =>
  new Error(`number ${depth}`, depth > 0 ? { cause: chain(depth - 1) } : undefined);

const chainOf = (error: Told | string | undefined): string[] =>
  typeof error === 'object' ? [error.message, ...chainOf(error.cause)] : error === undefined ? [] : [error];

describe('an error', () => {
  it('is told with its causes, to the eighth', () => {
    expect(chainOf(told(chain(3)))).toEqual(['number 3', 'number 2', 'number 1', 'number 0']);
    expect(chainOf(told(chain(8))).length).toBe(9);
    expect(chainOf(told(chain(20)))).toEqual([...Array.from({ length: 9 }, (_, i) => `number ${20 - i}`), '[deeper]']);
  });

  it('whose causes go round is told once', () => {
    const [a, b] = [new Error('a'), new Error('b')];
    [a.cause, b.cause] = [b, a];
    expect(chainOf(told(a))).toEqual(['a', 'b', '[circular]']);
    // The same error twice is no circle.
    const both = plain({ first: b, second: b }) as Record<string, Told>;
    expect(both.first?.message).toBe(both.second?.message);
  });

  it('of many is told with them', () => {
    const many = new AggregateError([new Error('one', { cause: new Error('why') }), 'two'], 'all failed');
    expect(told(many)).toMatchObject({
      message: 'all failed',
      errors: [{ message: 'one', cause: { message: 'why' } }, 'two'],
    });
  });

  it('has its code, and nothing else of its own', () => {
    const error = Object.assign(new Error('no'), { code: 'ECONNRESET', parameters: ['planted'], body: 'planted' });
    expect(told(error)).toMatchObject({ name: 'Error', message: 'no', code: 'ECONNRESET' });
    expect(told(Object.assign(new Error('no'), { code: 'planted text' })).code).toBeUndefined();
    expect(JSON.stringify(told(error))).not.toContain('planted');
  });

  it('has a stack of places only', () => {
    const { stack } = told(new Error('planted\n    at planted (planted)\nplanted'));
    expect(stack).toMatch(/^at .+:\d+:\d+/);
    expect(stack).not.toContain('planted');
  });

  it('names no whole address', () => {
    const { message } = told(new Error('203.0.113.9 and [2001:db8:85a3:8d3::1]:4711 were here'));
    expect(message).toBe('::ffff:203.0.113.0 and 2001:db8:85a3:: were here');
  });
});

/** A driver's error that repeats a value wherever the driver may. */
function neonError(code: string | undefined, message: string): NeonDbError {
  const planted = { detail: 'planted', hint: 'planted', where: 'planted', internalQuery: 'planted' };
  return Object.assign(new NeonDbError(message), { code, ...planted, table: 'admins', constraint: 'admins_email_key' });
}

describe('a driver’s error', () => {
  it('of Postgres says code, table and constraint, and its words only where they are about the server', () => {
    const cases = [
      ['23505', 'duplicate key value: planted', 'Postgres refused: 23505'],
      ['22P02', 'invalid input syntax for type uuid: "planted"', 'Postgres refused: 22P02'],
      ['P0001', 'planted', 'Postgres refused: P0001'],
      [undefined, 'planted', 'Postgres refused: without a code'],
      [undefined, 'Server error (HTTP status 502): planted', 'Server error (HTTP status 502)'],
      ['42703', 'column "x" does not exist', 'column "x" does not exist'],
      ['57014', 'canceling statement due to statement timeout', 'canceling statement due to statement timeout'],
    ] as const;
    for (const [code, message, expected] of cases) {
      const line = told(neonError(code, message));
      expect(line).toMatchObject({
        name: 'NeonDbError',
        message: expected,
        table: 'admins',
        constraint: 'admins_email_key',
      });
      expect(line.code).toBe(code);
      expect(JSON.stringify(line)).not.toContain('planted');
    }
    console.log(`errors of Postgres: tried ${cases.length}, values in them 0`);
  });

  it('of Postgres that never arrived says why', () => {
    const away = Object.assign(neonError(undefined, 'Error connecting to database: TypeError: planted'), {
      sourceError: new TypeError('Network connection lost.'),
    });
    expect(told(away)).toMatchObject({
      message: 'Error connecting to database',
      cause: { name: 'TypeError', message: 'Network connection lost.' },
    });
  });

  it('of ClickHouse says its type and number, never the statement with its values', () => {
    const error = new ClickHouseError({
      message: "Cannot parse planted: in scope SELECT planted WHERE actor_email = 'planted'",
      code: '6',
      type: 'CANNOT_PARSE_TEXT',
    });
    const line = told(new Error('the store failed', { cause: error }));
    expect(line.cause).toMatchObject({
      name: 'ClickHouseError',
      message: 'ClickHouse refused: CANNOT_PARSE_TEXT',
      code: '6',
      type: 'CANNOT_PARSE_TEXT',
    });
    expect(JSON.stringify(line)).not.toContain('planted');
  });

  it('of JSON.parse does not repeat the text', () => {
    for (const text of ['{planted', '{"planted', 'planted"', '"planted', '[1,planted]', "planted'"]) {
      let error: unknown;
      try {
        JSON.parse(text);
      } catch (caught) {
        error = caught;
      }
      expect(told(error)).toMatchObject({ name: 'SyntaxError' });
      expect(JSON.stringify(told(error))).not.toMatch(/planted/);
    }
  });
});
