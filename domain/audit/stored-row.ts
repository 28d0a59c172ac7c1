/** How the columns of ClickHouse rows are said by the API. */

const NO_SERVICE = '00000000-0000-0000-0000-000000000000';

/** `2026-11-22 08:41:01.123` → `2026-11-22T08:41:01.123Z`. */
export const instantOf = (text: string) => `${text.replace(' ', 'T')}Z`;

/** null: about no service. */
export const serviceOf = (id: string) => (id === NO_SERVICE ? null : id);

/** IPv4 without the prefix that makes it an IPv6 address. */
export const addressOf = (text: string) => text.replace(/^::ffff:(?=\d+\.)/, '');
