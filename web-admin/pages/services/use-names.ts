import { useMemo } from 'react';
import { usePreferences } from '../../shell/preferences.ts';

/** Names of countries and languages in the language of the page; undefined where the browser knows none. */
export function useNames() {
  const { language } = usePreferences();
  return useMemo(() => {
    const regions = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' });
    const languages = new Intl.DisplayNames(language, { type: 'language', fallback: 'none' });
    const orNone = (names: Intl.DisplayNames) => (code: string) => {
      try {
        return names.of(code);
      } catch {
        return undefined;
      }
    };
    return { country: orNone(regions), locale: orNone(languages) };
  }, [language]);
}
