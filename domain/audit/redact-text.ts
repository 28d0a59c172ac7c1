import { type Assignment, assignmentsIn } from './redact-assignments.ts';
import { base64In, unescapeOnce } from './redact-encodings.ts';
import type { JudgeKey } from './redact-keys.ts';
import { REDACTED } from './redact-words.ts';
import type { ValueRule } from './redaction-rules.ts';

/** A stretch of a text that goes, and why. */
export interface Find {
  from: number;
  to: number;
  kind: string;
  /** Enough to refuse a text that is to be published: a secret beyond doubt, and not only personal. */
  sure: boolean;
}

/** Escapes of escapes: JSON in JSON in a URL's query, each level undone one after the other. */
const MAX_LAYERS = 4;
/** Base64 of base64. */
const MAX_DEPTH = 2;
/** A value that goes may have hidden another; no text needs as many. */
const MAX_ROUNDS = 4;
const MIN_LENGTH = 6;

function findByRules(text: string, rules: readonly ValueRule[], finds: Find[]): void {
  for (const { name, needs, pattern, parts, personal } of rules) {
    if (needs !== undefined && !text.includes(needs)) continue;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      if (match[0] === '') pattern.lastIndex++;
      const kind = typeof name === 'string' ? name : name(match[0]);
      const all = parts?.(match[0], match.index, text) ?? [[match.index, match.index + match[0].length] as const];
      for (const [from, to] of all) if (to > from) finds.push({ from, to, kind, sure: !personal });
    }
  }
}

const ofAssignment = ({ part: [from, to], sure }: Assignment): Find => ({ from, to, kind: 'password or key', sure });

export function createFinder(rules: readonly ValueRule[], judge: JudgeKey) {
  function findPlain(text: string, depth: number, finds: Find[]): void {
    findByRules(text, rules, finds);
    for (const assignment of assignmentsIn(text, judge)) finds.push(ofAssignment(assignment));
    if (depth === MAX_DEPTH) return;
    for (const { from, to, readings } of base64In(text)) {
      const inside = readings.flatMap((reading) => findDeep(reading, depth + 1));
      if (inside[0]) finds.push({ ...(inside.find(({ sure }) => sure) ?? inside[0]), from, to });
    }
  }

  function findDeep(text: string, depth: number): Find[] {
    const finds: Find[] = [];
    if (text.length < MIN_LENGTH) return finds;
    findPlain(text, depth, finds);
    let at: Uint32Array | null = null;
    let layer = text;
    for (let i = 0; i < MAX_LAYERS; i++) {
      const next = unescapeOnce(layer);
      if (!next) break;
      const above: Uint32Array | null = at;
      at = above ? next.at.map((offset) => above[offset] ?? 0) : next.at;
      layer = next.text;
      const inside: Find[] = [];
      findPlain(layer, depth, inside);
      for (const find of inside) finds.push({ ...find, from: at[find.from] ?? 0, to: at[find.to] ?? text.length });
    }
    return finds;
  }

  return (text: string): Find[] => findDeep(text, 0);
}

/** Each stretch once, however many rules found it. */
function replaced(text: string, finds: Find[]): string {
  let clean = '';
  let end = 0;
  for (const { from, to } of finds.sort((a, b) => a.from - b.from)) {
    if (from > end || (from === 0 && end === 0)) clean += text.slice(end, from) + REDACTED;
    end = Math.max(end, to);
  }
  return clean + text.slice(end);
}

export function createTextRedactor(find: (text: string) => Find[]) {
  return (text: string): string => {
    let clean = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const finds = find(clean);
      if (finds.length === 0) break;
      clean = replaced(clean, finds);
    }
    return clean;
  };
}
