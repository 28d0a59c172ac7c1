/** Every action an audit record may name. */
export const ACTIONS = [
  'service.config.read',
  'service.config.update',
  'audit.logs.read',
  'export.request',
  'export.read',
  'export.complete',
  'export.fail',
  'export.expire',
  'export.download',
] as const;

export type Action = (typeof ACTIONS)[number];
