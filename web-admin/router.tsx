import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { type Area, loadTexts } from './i18n/index.ts';
import { PageBroke, PageLoading, PageNotFound } from './shell/page-states.tsx';
import { Shell } from './shell/shell.tsx';
import { SignedIn } from './shell/signed-in.tsx';

/** A page of an area: its code and its texts come together, when somebody goes there. */
const pageOf = <Module extends Record<string, unknown>>(
  area: Area,
  load: () => Promise<Module>,
  name: keyof Module & string,
  alsoOf: Area[] = [],
) => lazyRouteComponent(async () => (await Promise.all([load(), ...[area, ...alsoOf].map(loadTexts)]))[0], name);

/** What an address asks for; each page reads its own and ignores the rest. */
type Search = Record<string, string | undefined>;
const anySearch = (search: Record<string, unknown>): Search => search as Search;

/** As people write them: `?q=10` is a text, not a number. */
const parseSearch = (text: string): Search => Object.fromEntries(new URLSearchParams(text));
function stringifySearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
  // Signs that a query may hold as they are (RFC 3986, section 3.4): `?q=action:service.*` is read by people.
  const text = new URLSearchParams(given).toString().replaceAll(/%(?:3A|2F|40|2C)/g, decodeURIComponent);
  return text === '' ? '' : `?${text}`;
}

const root = createRootRoute({ errorComponent: PageBroke, notFoundComponent: PageNotFound });
const signedIn = createRoute({ getParentRoute: () => root, path: '/signed-in', component: SignedIn });
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell, errorComponent: PageBroke });

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/services' });
  },
});

const services = createRoute({
  getParentRoute: () => shell,
  path: '/services',
  validateSearch: anySearch,
  component: pageOf('services', () => import('./pages/services/services-page.tsx'), 'ServicesPage'),
});
const service = createRoute({
  getParentRoute: () => shell,
  path: '/services/$serviceId/$tab',
  validateSearch: anySearch,
  component: pageOf('services', () => import('./pages/services/service-page.tsx'), 'ServicePage'),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: anySearch,
  component: pageOf('audit', () => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
});
const auditSession = createRoute({
  getParentRoute: () => shell,
  path: '/audit/sessions/$sessionId',
  validateSearch: anySearch,
  component: pageOf('audit', () => import('./pages/audit/session-page.tsx'), 'SessionPage'),
});
const operations = createRoute({
  getParentRoute: () => shell,
  path: '/operations',
  validateSearch: anySearch,
  component: pageOf('operations', () => import('./pages/operations/operations-page.tsx'), 'OperationsPage', ['forms']),
});
const newOperation = createRoute({
  getParentRoute: () => shell,
  path: '/operations/new',
  validateSearch: anySearch,
  component: pageOf('operations', () => import('./pages/operations/new-operation-page.tsx'), 'NewOperationPage', [
    'forms',
  ]),
});
const operation = createRoute({
  getParentRoute: () => shell,
  path: '/operations/$operationId',
  validateSearch: anySearch,
  component: pageOf('operations', () => import('./pages/operations/operation-page.tsx'), 'OperationPage', ['forms']),
});
const exportsRoute = createRoute({
  getParentRoute: () => shell,
  path: '/exports',
  validateSearch: anySearch,
  component: pageOf('exports', () => import('./pages/exports/exports-page.tsx'), 'ExportsPage', ['forms']),
});
const exportRoute = createRoute({
  getParentRoute: () => shell,
  path: '/exports/$exportId',
  validateSearch: anySearch,
  component: pageOf('exports', () => import('./pages/exports/export-page.tsx'), 'ExportPage', ['forms']),
});
const observability = createRoute({
  getParentRoute: () => shell,
  path: '/observability',
  validateSearch: anySearch,
  component: pageOf('observability', () => import('./pages/observability/observability-page.tsx'), 'ObservabilityPage'),
});
const access = createRoute({
  getParentRoute: () => shell,
  path: '/access',
  validateSearch: anySearch,
  component: pageOf('access', () => import('./pages/access/access-page.tsx'), 'AccessPage'),
});
const me = createRoute({
  getParentRoute: () => shell,
  path: '/me',
  validateSearch: anySearch,
  component: pageOf('access', () => import('./pages/me/me-page.tsx'), 'MePage'),
});

const routes = root.addChildren([
  signedIn,
  shell.addChildren([
    ...[home, services, service, audit, auditSession],
    ...[operations, newOperation, operation, exportsRoute, exportRoute, observability, access, me],
  ]),
]);

export const router = createRouter({
  routeTree: routes,
  defaultPreload: 'intent',
  defaultPendingComponent: PageLoading,
  defaultErrorComponent: PageBroke,
  defaultNotFoundComponent: PageNotFound,
  scrollRestoration: true,
  parseSearch,
  stringifySearch,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
