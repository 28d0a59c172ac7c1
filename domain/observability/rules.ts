import { type Component, QUEUE_NAMES } from './metrics.ts';
import type { Status } from './status.ts';

export type Severity = 'warning' | 'critical';

/** What the clock's look at everything found, once a minute. */
export interface Sample {
  components: Partial<Record<Component, Status>>;
  /** Seconds; null where nobody answered: then a rule neither opens nor closes anything. */
  outboxAge: number | null;
  exportAge: number | null;
  queueAges: Partial<Record<string, number>>;
  deadLetters: Partial<Record<string, number>> | null;
  skewMs: Partial<Record<string, number>>;
  /** Answers since the beginning, and those of them with 500 and above. */
  requests: { all: number; failed: number } | null;
}

interface RuleTerms {
  severity: Severity;
  /** In a row. */
  opensAfter: number;
  closesAfter: number;
  /** For people: what has happened. */
  says: string;
  /** Which subjects are bad, and which are known not to be. */
  look(sample: Sample, before: Sample | null): Verdicts;
}

/** By subject. Absent: not known. */
export type Verdicts = Record<string, boolean>;

const verdicts = <V>(of: Partial<Record<string, V>> | null, isBad: (value: V) => boolean): Verdicts =>
  Object.fromEntries(
    Object.entries(of ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, isBad(value)]])),
  );
const verdict = (value: number | null, limit: number): Verdicts => (value === null ? {} : { '': value > limit });

const OUTBOX_SECONDS = 300;
const EXPORT_SECONDS = 3600;
const QUEUE_SECONDS = 600;
const SKEW_MS = 2000;
const FAILED_SHARE = 0.05;
const FEWEST_REQUESTS = 20;

/** Every rule that opens and closes incidents. Minutes are looks of the clock. */
export const RULES = {
  component_down: {
    severity: 'critical',
    opensAfter: 2,
    closesAfter: 2,
    says: 'does not answer',
    look: ({ components }) => verdicts(components, (status) => status === 'down'),
  },
  component_degraded: {
    severity: 'warning',
    opensAfter: 5,
    closesAfter: 2,
    says: 'is slow or partly away',
    look: ({ components }) => verdicts(components, (status) => status === 'degraded'),
  },
  outbox_stalled: {
    severity: 'critical',
    opensAfter: 1,
    closesAfter: 1,
    says: `audit records have waited for more than ${OUTBOX_SECONDS} s`,
    look: ({ outboxAge }) => verdict(outboxAge, OUTBOX_SECONDS),
  },
  export_stalled: {
    severity: 'warning',
    opensAfter: 1,
    closesAfter: 1,
    says: `an export has not ended after ${EXPORT_SECONDS} s`,
    look: ({ exportAge }) => verdict(exportAge, EXPORT_SECONDS),
  },
  queue_stalled: {
    severity: 'warning',
    opensAfter: 2,
    closesAfter: 1,
    says: `messages have waited for more than ${QUEUE_SECONDS} s`,
    look: ({ queueAges }) => verdicts(queueAges, (age) => age > QUEUE_SECONDS),
  },
  dead_letters: {
    severity: 'warning',
    opensAfter: 1,
    closesAfter: 1,
    says: 'messages are beyond help until somebody puts them back',
    // A queue that is not among them has none.
    look: ({ deadLetters }) =>
      deadLetters === null
        ? {}
        : Object.fromEntries(QUEUE_NAMES.map((queue) => [queue, (deadLetters[queue] ?? 0) > 0])),
  },
  clock_skew: {
    severity: 'warning',
    opensAfter: 2,
    closesAfter: 2,
    says: `its clock is off by more than ${SKEW_MS / 1000} s`,
    look: ({ skewMs }) => verdicts(skewMs, (ms) => Math.abs(ms) > SKEW_MS),
  },
  error_ratio: {
    severity: 'critical',
    opensAfter: 2,
    closesAfter: 2,
    says: `more than ${FAILED_SHARE * 100} % of the requests fail`,
    look: ({ requests: now }, before) => {
      const then = before?.requests;
      if (!now || !then || now.all < then.all) return {};
      const [all, failed] = [now.all - then.all, now.failed - then.failed];
      return { '': all >= FEWEST_REQUESTS && failed / all > FAILED_SHARE };
    },
  },
} as const satisfies Record<string, RuleTerms>;
export type Rule = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES) as Rule[];

/** How a rule stands with a subject. */
export interface Standing {
  rule: Rule;
  subject: string;
  /** Looks in a row that said the opposite of what holds. */
  against: number;
  open: boolean;
}

export interface Change {
  rule: Rule;
  subject: string;
  open: boolean;
}

const keyOf = ({ rule, subject }: Pick<Standing, 'rule' | 'subject'>) => `${rule}\n${subject}`;

/** How everything stands after a look, and what that opened and closed. What was not known leaves a standing as it was. */
export function judge(
  before: readonly Standing[],
  sample: Sample,
  last: Sample | null,
): { standings: Standing[]; changes: Change[] } {
  const standings = new Map(before.map((standing) => [keyOf(standing), standing]));
  const changes: Change[] = [];
  for (const rule of RULE_NAMES) {
    const terms: RuleTerms = RULES[rule];
    for (const [subject, isBad] of Object.entries(terms.look(sample, last))) {
      const known = standings.get(keyOf({ rule, subject })) ?? { rule, subject, against: 0, open: false };
      const against = isBad === known.open ? 0 : known.against + 1;
      const turns = against >= (known.open ? terms.closesAfter : terms.opensAfter);
      const next = turns ? { ...known, against: 0, open: isBad } : { ...known, against };
      if (turns) changes.push({ rule, subject, open: isBad });
      if (next.open || next.against > 0) standings.set(keyOf(next), next);
      else standings.delete(keyOf(next));
    }
  }
  return { standings: [...standings.values()], changes };
}
