import { describe, expect, it } from 'vitest';
import { RecentTokens } from './recent-tokens.ts';

const T0 = 1_800_000_000_000;

function clocked(expiresAt = T0 / 1000 + 3600) {
  let now = T0;
  let verified = 0;
  const recent = new RecentTokens(() => now);
  const verify = async (token: string) => {
    verified++;
    if (token.startsWith('bad')) throw new Error('refused');
    return { subject: token, sessionId: 's', issuedAt: T0 / 1000, expiresAt };
  };
  return {
    ask: (token: string) => recent.principal(token, verify),
    pass: (ms: number) => (now += ms),
    verified: () => verified,
  };
}

describe('recent tokens', () => {
  it('verifies a token once a minute', async () => {
    const { ask, pass, verified } = clocked();
    for (let i = 0; i < 5; i++) expect((await ask('a')).subject).toBe('a');
    expect(verified()).toBe(1);
    pass(59_999);
    await ask('a');
    expect(verified()).toBe(1);
    pass(1);
    await ask('a');
    expect(verified()).toBe(2);
  });

  it('never knows a token beyond its end', async () => {
    const { ask, pass, verified } = clocked(T0 / 1000 + 10);
    await ask('a');
    pass(10_000);
    await ask('a');
    expect(verified()).toBe(2);
  });

  it('tells tokens apart by every character and remembers no refusal', async () => {
    const { ask, verified } = clocked();
    await ask('a');
    await ask('a ');
    await expect(ask('bad')).rejects.toThrow();
    await expect(ask('bad')).rejects.toThrow();
    expect(verified()).toBe(4);
  });

  it('keeps a thousand, the oldest go first', async () => {
    const { ask, verified } = clocked();
    for (let i = 0; i < 1001; i++) await ask(`t${i}`);
    await ask('t1');
    expect(verified()).toBe(1001);
    await ask('t0');
    expect(verified()).toBe(1002);
  });
});
