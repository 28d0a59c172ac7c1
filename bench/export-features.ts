import type { Site } from './site.ts';

/** One insert must end within the client's patience. */
const ROWS_AN_INSERT = 250_000;

/** Writes `rows` features of one service straight into Postgres, none below another. */
export async function writeFeatures({ db }: Site, service: string, rows: number): Promise<void> {
  for (let from = 0; from < rows; from += ROWS_AN_INSERT)
    await db.query(
      `INSERT INTO service_features (id, service_id, name, code, description, category, is_active, is_default, display_order, created_by)
       SELECT gen_random_uuid(), $1, 'Feature ' || n, 'area.feature-' || n,
         CASE WHEN n % 3 > 0 THEN 'Shows the customer''s "orders", and what became of ticket ' || n || ', on one page' END,
         (ARRAY['checkout', 'catalogue', 'support'])[1 + n % 3], n % 4 > 0, n % 5 = 0, n % 50, '01900000-0000-7000-8000-000000000001'
       FROM generate_series($2::int, $3::int) AS n`,
      [service, from + 1, Math.min(rows, from + ROWS_AN_INSERT)],
    );
}
