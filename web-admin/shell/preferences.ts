import { useSyncExternalStore } from 'react';

/** What this browser remembers of how its owner likes the pages. */
export interface Preferences {
  colours: 'auto' | 'light' | 'dark';
  language: 'en' | 'ar';
  clock: 'local' | 'utc';
  /** The navigation shows icons only. */
  narrow: boolean;
}

const KEY = 'steward-preferences';
const languages: readonly string[] = ['en', 'ar'];
const spoken = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => languages.includes(tag));

const DEFAULTS: Preferences = {
  colours: 'auto',
  language: (spoken ?? 'en') as Preferences['language'],
  clock: 'local',
  narrow: false,
};

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return {
      ...DEFAULTS,
      ...kept,
      language: languages.includes(kept.language ?? '') ? (kept.language ?? DEFAULTS.language) : DEFAULTS.language,
    };
  } catch {
    return DEFAULTS;
  }
}

let now = read();
const listeners = new Set<() => void>();

function keep(next: Preferences): void {
  now = next;
  for (const listener of listeners) listener();
}

// Another tab of the same browser changed them.
window.addEventListener('storage', ({ key }) => {
  if (key === KEY) keep(read());
});

export function setPreference<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  keep({ ...now, [name]: value });
  try {
    localStorage.setItem(KEY, JSON.stringify(now));
  } catch {
    // Private windows keep nothing; the page goes on with what it has.
  }
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const preferences = (): Preferences => now;
export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, preferences);
