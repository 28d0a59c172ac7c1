type Payload = Record<string, unknown> & { uid?: string; userCode?: string; grantId?: string; consumed?: number };

/**
 * Where the provider keeps sign-ins, grants and codes: in memory, as nobody minds signing in again after a restart.
 * Tokens are signed, not stored, so they stay valid. The provider's own store of this kind warns on stdout.
 */
export function memoryStore(): new (model: string) => object {
  const rows = new Map<string, { payload: Payload; until: number }>();
  const alive = (key: string): Payload | undefined => {
    const row = rows.get(key);
    if (row && row.until > Date.now()) return row.payload;
    rows.delete(key);
    return undefined;
  };

  return class MemoryAdapter {
    readonly #model: string;

    constructor(model: string) {
      this.#model = model;
    }

    #key(id: string): string {
      return `${this.#model}:${id}`;
    }

    async upsert(id: string, payload: Payload, seconds: number): Promise<void> {
      if (rows.size > 10_000) for (const key of rows.keys()) alive(key);
      rows.set(this.#key(id), { payload, until: Date.now() + seconds * 1_000 });
    }

    async find(id: string): Promise<Payload | undefined> {
      return alive(this.#key(id));
    }

    async findByUid(uid: string): Promise<Payload | undefined> {
      return this.#first((payload) => payload.uid === uid);
    }

    async findByUserCode(userCode: string): Promise<Payload | undefined> {
      return this.#first((payload) => payload.userCode === userCode);
    }

    async consume(id: string): Promise<void> {
      const payload = alive(this.#key(id));
      if (payload) payload.consumed = Math.floor(Date.now() / 1_000);
    }

    async destroy(id: string): Promise<void> {
      rows.delete(this.#key(id));
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [key, { payload }] of rows) if (payload.grantId === grantId) rows.delete(key);
    }

    #first(matches: (payload: Payload) => boolean): Payload | undefined {
      for (const key of rows.keys()) {
        const payload = key.startsWith(`${this.#model}:`) ? alive(key) : undefined;
        if (payload && matches(payload)) return payload;
      }
      return undefined;
    }
  };
}
