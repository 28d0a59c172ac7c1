import { useSyncExternalStore } from 'react';

/** Whether what its owner does may be told. */
export type Consent = 'granted' | 'denied';

const KEY = 'audit-events-consent';
const listeners = new Set<() => void>();
let usual: Consent = 'granted';

/** A browser that asks not to be followed (Global Privacy Control) is not, until its owner says otherwise here. */
const asksNotTo = (): boolean => (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;

function kept(): Consent | null {
  try {
    const text = localStorage.getItem(KEY);
    return text === 'granted' || text === 'denied' ? text : null;
  } catch {
    return null;
  }
}

export const consent = (): Consent => kept() ?? (asksNotTo() ? 'denied' : usual);

/** What holds for a browser whose owner has said nothing. */
export function setUsualConsent(next: Consent): void {
  usual = next;
}

/** From now on; kept in this browser. */
export function setConsent(next: Consent): void {
  try {
    localStorage.setItem(KEY, next);
  } catch {
    usual = next;
  }
  for (const listener of listeners) listener();
}

export function onConsent(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The consent, and a function that changes it: for a switch. */
export function useTrackingConsent(): [Consent, (next: Consent) => void] {
  return [useSyncExternalStore(onConsent, consent), setConsent];
}
