/** Every page and every tab of the admin UI, for what has to be true of all. */
const TABS = ['countries', 'locales', 'consents', 'documents', 'analytics', 'config', 'features', 'testers', 'audit'];
const AUDIT = ['records', 'ui-events', 'api-logs', 'sessions', 'holds'];
const OBSERVABILITY = ['metrics', 'health', 'status', 'dead-letters', 'channels', 'deliveries'];
const ACCESS = ['admins', 'roles', 'grants', 'sessions'];

export const everyPage = (serviceId: string): string[] => [
  // Shows nothing but what other pages read as well: first, where it is not known yet.
  '/operations/new',
  '/services',
  ...TABS.map((tab) => `/services/${serviceId}/${tab}`),
  ...AUDIT.map((view) => `/audit?view=${view}`),
  ...['/operations', '/operations?view=inbox', '/operations?view=schedules'],
  ...['/exports', '/exports?view=schedules'],
  ...OBSERVABILITY.map((view) => `/observability?view=${view}`),
  ...ACCESS.map((view) => `/access?view=${view}`),
  '/me',
];
