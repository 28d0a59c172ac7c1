import { denied } from './errors.ts';
import { after, guardCondition, isLiteral, isMark, refusal } from './guard-condition.ts';
import { guardErasure, guardRemoval } from './guard-eraser.ts';
import type { Statement } from './statement.ts';
import type { Token } from './tokens.ts';

/**
 * The keeper's statements besides reads, each with SETTINGS or without:
 * `ALTER TABLE audit_db.admin_audit_logs UPDATE legal_hold = 0|1 [IN PARTITION …] WHERE …`; of this table and three more
 * `ALTER TABLE audit_db.… MATERIALIZE TTL [IN PARTITION …]`; and of erasures (guard-eraser.ts)
 * `ALTER TABLE audit_db.admin_audit_logs UPDATE … WHERE legal_hold = 0 AND (…)` and, of the three, `DELETE WHERE actor_id = …`.
 * The grants say the same of columns and commands. They do not cover what a condition reads: the engine runs a mutation in the
 * background as nobody, so a table or dictionary named there is read with every right.
 */

const HELD_TABLE = 'admin_audit_logs';
const RETAINED_TABLES = [HELD_TABLE, 'admin_ui_events', 'admin_api_logs', 'admin_sessions'];

/** Throws unless the statement is one of the keeper's. */
export function guardKeeper({ tokens }: Statement): void {
  const [command, settings] = splitAt(withLiterals(tokens), 'SETTINGS');
  const table = RETAINED_TABLES.find((name) => bodyOf(command, name) !== undefined) ?? '';
  const body = bodyOf(command, table);
  if (body === undefined || !areSettings(settings)) throw refusal();
  if (table !== HELD_TABLE && guardRemoval(body)) return;
  if (table === HELD_TABLE && guardErasure(body)) return;
  const update = table === HELD_TABLE ? after(body, 'UPDATE', 'legal_hold', '=') : undefined;
  if (update === undefined) {
    const rest = after(body, 'MATERIALIZE', 'TTL');
    if (rest === undefined || behindPartition(rest).length > 0) throw refusal();
    return;
  }
  if (!isFlag(update[0])) throw denied('Not allowed for this user: a legal_hold other than 0, 1 or a parameter.');
  const condition = after(behindPartition(update.slice(1)), 'WHERE');
  if (condition === undefined || condition.length === 0) throw refusal();
  guardCondition(condition);
}

const bodyOf = (command: Token[], table: string) => after(command, 'ALTER', 'TABLE', 'audit_db', '.', table);

/** What follows `IN PARTITION …`, or all of it when there is none. */
function behindPartition(tokens: Token[]): Token[] {
  const partition = after(tokens, 'IN', 'PARTITION');
  if (partition === undefined) return tokens;
  const value = after(partition, 'ID') ?? after(partition, 'tuple') ?? partition;
  if (isLiteral(value[0])) return value.slice(1);
  const end = value.findIndex((token) => isMark(token, ')'));
  const tuple = isMark(value[0], '(') && value.slice(1, end).every((token) => isLiteral(token) || isMark(token, ','));
  return tuple ? value.slice(end + 1) : tokens;
}

/** `name = literal, …` */
function areSettings(tokens: Token[] | undefined): boolean {
  if (tokens === undefined) return true;
  const shape = tokens.map((token) => (isLiteral(token) ? 'v' : token.kind === 'mark' ? token.text : 'n')).join('');
  return /^n=v(?:,n=v)*$/.test(shape);
}

function splitAt(tokens: Token[], keyword: string): [Token[], Token[] | undefined] {
  const at = tokens.findIndex((token) => token.keyword === keyword);
  return at < 0 ? [tokens, undefined] : [tokens.slice(0, at), tokens.slice(at + 1)];
}

/** Query parameters stand for literals: `{name:Type}` becomes one. A name passed as a parameter does not. */
function withLiterals(tokens: Token[]): Token[] {
  const literals: Token[] = [];
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] as Token;
    const end = isMark(token, '{') ? tokens.findIndex((t, j) => j > i && isMark(t, '}')) : -1;
    const type = isMark(tokens[i + 2], ':') ? tokens[i + 3]?.keyword : undefined;
    const isParameter = end > i + 3 && tokens[i + 1]?.kind === 'word' && !['', 'IDENTIFIER', undefined].includes(type);
    literals.push(isParameter ? { ...token, kind: 'string' } : token);
    if (isParameter) i = end;
  }
  if (literals.some((token) => isMark(token, '{') || isMark(token, '@'))) throw refusal();
  return literals;
}

function isFlag(token: Token | undefined): boolean {
  return token?.kind === 'number' ? token.text === '0' || token.text === '1' : token?.text === '{';
}
