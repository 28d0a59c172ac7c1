import type { JudgeKey } from './redact-keys.ts';
import { isDrawn, REDACTED } from './redact-words.ts';

/** RFC 3986 appendix B: scheme, authority, path, query, fragment. */
const URL_PARTS = /^([a-z][a-z\d+.-]{0,40}:)?(\/\/[^/?#\\]*)?([^?#]*)(?:\?([^#]*))?/i;
/** What an address names before something that is as good as a password. */
const CLAIMS = /^(?:reset|invite|invitation|magic|verify|verification|confirm|activate|unsubscribe|login-link|claim)$/i;

/** @param query names that stay, in lower case */
export function createUrlRedactor(text: (text: string) => string, judge: JudgeKey, query: ReadonlySet<string>) {
  const segment = (part: string, before: string) => {
    const claimed = before !== '' && (judge(before) !== 'open' || before.split('-').some((word) => CLAIMS.test(word)));
    return claimed && isDrawn(part) ? REDACTED : text(part);
  };

  function cleanPath(path: string): string {
    const segments = path.split('/');
    const clean = segments.map((part, i) => segment(part, segments[i - 1] ?? '')).join('/');
    // What a slash stands in the middle of, such as base64.
    return text(clean);
  }

  function cleanQuery(pairs: string): string {
    const kept = pairs.split('&').flatMap((pair) => {
      const [name = '', ...value] = pair.split('=');
      if (!query.has(name.toLowerCase())) return [];
      return [value.length > 0 ? `${name}=${text(value.join('='))}` : name];
    });
    return kept.length > 0 ? `?${kept.join('&')}` : '';
  }

  return (url: string): string => {
    const [, scheme = '', authority = '', path = '', pairs] = URL_PARTS.exec(url) ?? [];
    const host = authority.slice(0, 2) + authority.slice(authority.lastIndexOf('@') + 1).replace(/^\/\//, '');
    const clean = `${scheme}${authority === '' ? '' : host}${cleanPath(path)}`;
    return pairs === undefined ? clean : clean + cleanQuery(pairs);
  };
}
