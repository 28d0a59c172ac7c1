import { useEffect } from 'react';
import { tell } from './events.ts';
import { currentSettings } from './settings.ts';

const KEY = 'audit-events-session';

/** Tells, once in a tab, that somebody works here; who it is the server knows from the session. */
export function useUserTracking(): void {
  useEffect(() => {
    try {
      const who = currentSettings().user?.() ?? 'somebody';
      if (sessionStorage.getItem(KEY) === who) return;
      sessionStorage.setItem(KEY, who);
    } catch {
      return;
    }
    tell('session.start', {});
  }, []);
}
