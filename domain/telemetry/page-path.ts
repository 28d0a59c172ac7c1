import type { Attributes } from './otlp-model.ts';

/** Where the page's own address stands; the first that is there counts. */
const PAGE = ['browser.document.url.full', 'page.path', 'page.url'];
/** These are the page's too, unless the record is about something the page has loaded. */
const ADDRESS = ['url.path', 'url.full', 'http.target', 'http.url'];

const MAX_LENGTH = 1000;

/**
 * The page a record is about, without scheme and host; '' when it does not say. The attributes are redacted already.
 * @param isAboutLoading its address is a request's, such as a fetch's
 */
export function pagePathOf(attributes: Attributes, isAboutLoading: boolean): string {
  for (const key of isAboutLoading ? PAGE : [...PAGE, ...ADDRESS]) {
    const address = attributes[key];
    if (typeof address !== 'string' || address === '') continue;
    const path = address.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
    return (path === '' ? '/' : path).slice(0, MAX_LENGTH).toWellFormed();
  }
  return '';
}
