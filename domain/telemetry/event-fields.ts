import { clipFields } from './clip.ts';
import type { Attributes, PlainValue } from './otlp-model.ts';

/** Which attribute names the component of an event we know: the first that is there. */
const COMPONENT: Readonly<Record<string, readonly string[]>> = {
  // https://opentelemetry.io/docs/specs/semconv/app/app-events/
  'app.widget.click': ['app.widget.name', 'app.widget.id'],
  'app.screen.click': ['app.screen.name', 'app.screen.id'],
  'app.crash': ['exception.type'],
  // https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
  exception: ['exception.type'],
  // https://opentelemetry.io/docs/specs/semconv/browser/browser-events/
  'browser.web_vital': ['browser.web_vital.name'],
  // What OpenTelemetry's browser instrumentation emits beyond the conventions.
  'browser.user_action.click': ['browser.css_selector', 'browser.tag_name'],
  'browser.page_view': ['browser.page_view.name'],
  // Our own.
  'admin.form.submit': ['admin.form.name', 'admin.form.id'],
  'admin.search': ['admin.search.name', 'admin.search.id'],
};

const ANY = ['component.name', 'app.widget.name', 'app.widget.id', 'app.screen.name', 'app.screen.id'];

/** What an event is about in the user interface; '' when it does not say. */
export function componentOf(event: string, attributes: Attributes): string {
  const keys = Object.hasOwn(COMPONENT, event) ? (COMPONENT[event] ?? []) : [];
  for (const key of [...keys, ...ANY]) {
    const name = attributes[key];
    if (typeof name === 'string' && name !== '') return name;
  }
  return '';
}

/** What of a resource each row repeats: which application, which version of it, which kind of browser. */
const RESOURCE = [
  'service.name',
  'service.version',
  'deployment.environment.name',
  'browser.brands',
  'browser.platform',
  'browser.mobile',
  'browser.language',
  'user_agent.original',
  'session.id',
];

const MAX_BYTES = 1_000;

export const resourceFields = (resource: Attributes): Attributes =>
  clipFields(
    Object.fromEntries(
      RESOURCE.flatMap((key): [string, PlainValue][] => {
        const value = resource[key];
        return value === undefined ? [] : [[key, value]];
      }),
    ),
    MAX_BYTES,
  ).fields;
