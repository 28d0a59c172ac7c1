import type { Counts } from './declare.ts';

export const SIGNED_OUT = 'A session that has ended stays ended: whoever had it signs in again.';

export function sessionWarnings({ flags }: Pick<Counts, 'flags'>): string[] {
  const [self, own] = [flags?.self ?? 0, flags?.own_session ?? 0];
  return [
    ...(self > 0 ? ['You are among those who are signed out.'] : []),
    ...(own > 0 ? ['The session you are using now is among them.'] : []),
  ];
}
