/** As much of a browser as sign-in needs: keeps cookies by host and path, sends Origin with POST, follows nothing by itself. */
export class Browser {
  /** By host, path and name. */
  readonly cookies = new Map<string, { host: string; path: string; name: string; value: string; attributes: string }>();
  readonly #servedAt: ReadonlyMap<string, string>;

  /** @param servedAt origins that are served by somebody else: origin → origin */
  constructor(servedAt: ReadonlyMap<string, string> = new Map()) {
    this.#servedAt = servedAt;
  }

  async go(address: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    const { host, pathname, origin } = new URL(address);
    const cookie = [...this.cookies.values()]
      .filter((kept) => kept.host === host && pathname.startsWith(kept.path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const response = await fetch(address.replace(origin, this.#servedAt.get(origin) ?? origin), {
      redirect: 'manual',
      headers: { cookie, ...(form && { origin }), ...headers },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(host, line);
    return response;
  }

  #keep(host: string, line: string): void {
    const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
    const path = /; ?path=([^;]+)/i.exec(attributes)?.[1] ?? '/';
    const key = `${host} ${path} ${name}`;
    if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(attributes)) this.cookies.delete(key);
    else this.cookies.set(key, { host, path, name, value, attributes });
  }

  /** Follows redirects as long as they stay within `origin`. */
  async follow(
    address: string,
    origin: string,
    form?: Record<string, string>,
  ): Promise<{ url: string; status: number; page?: string }> {
    const response = await this.go(address, form);
    const location = response.headers.get('location');
    const page = await response.text();
    if (location === null) return { url: address, status: response.status, page };
    const next = new URL(location, address).href;
    return next.startsWith(origin) ? this.follow(next, origin) : { url: next, status: response.status };
  }

  cookie(name: string): string | undefined {
    return [...this.cookies.values()].find((kept) => kept.name === name)?.value;
  }

  names(prefix: string): string[] {
    return [...this.cookies.values()].flatMap(({ name }) => (name.startsWith(prefix) ? name : []));
  }

  /** Replaces the text of the cookies whose names begin so. */
  setCookie(prefix: string, value: string): void {
    for (const kept of this.cookies.values()) if (kept.name.startsWith(prefix)) kept.value = value;
  }
}
