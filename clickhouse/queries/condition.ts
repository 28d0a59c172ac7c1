/** SQL and the values of its parameters. */
export interface Condition {
  sql: string;
  params: Record<string, unknown>;
}

/** Those of `parts` (SQL by the name of its parameter) whose value is given; values as parameters only. null and absent = any. */
export function conditionOf<Filter extends object>(
  parts: Readonly<Record<keyof Filter, string>>,
  filter: Filter,
): Condition {
  const sql: string[] = [];
  const params: Record<string, unknown> = {};
  for (const name of Object.keys(parts) as (keyof Filter & string)[]) {
    const value = filter[name];
    if (value === null || value === undefined) continue;
    sql.push(parts[name]);
    params[name] = value;
  }
  return { sql: sql.length > 0 ? sql.join(' AND ') : '1', params };
}
