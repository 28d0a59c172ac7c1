export const EXPORT_TYPE_NAMES = [
  ...(['admins', 'services', 'features', 'testers', 'audit_logs', 'security_events', 'api_logs', 'ui_events'] as const),
  ...(['sessions', 'operations', 'activity_summary', 'personal_data'] as const),
] as const;
export type ExportTypeName = (typeof EXPORT_TYPE_NAMES)[number];

interface Declared {
  permission: string;
  columns: readonly { name: string }[];
  filter: { shape: Record<string, unknown> };
}

/** The Worker's own declarations, loaded only when a test runs: the Worker's types are not those of Node. */
export async function declaredExports(): Promise<Record<ExportTypeName, Declared>> {
  const file = new URL('../domain/exports/types/index.ts', import.meta.url).href;
  return (await import(file)).EXPORT_TYPES;
}
