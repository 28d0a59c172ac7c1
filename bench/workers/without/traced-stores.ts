import type { tracedStores as whole } from '../../../domain/traced-stores.ts';

/** In the place of clients that go on with a trace: the clients as they are. */
export const tracedStores: typeof whole = ({ db, clickhouse }) => ({ db, clickhouse });
