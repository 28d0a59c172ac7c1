import { tellAnew } from './events.ts';

export interface AuditEvents {
  /** @param name of the button, such as `export-start`: what it is, never what it says or holds */
  trackButtonClick(name: string): void;
  /** @param name of the form; its fields and their values are not told */
  trackFormSubmit(name: string): void;
  /** @param name of what is searched; the words are not told */
  trackSearch(name: string): void;
}

// The events and attributes of OpenTelemetry's conventions where it has them, ours where it has none.
const events: AuditEvents = {
  trackButtonClick: (name) => tellAnew('app.widget.click', { 'app.widget.name': name }),
  trackFormSubmit: (name) => tellAnew('admin.form.submit', { 'admin.form.name': name }),
  trackSearch: (name) => tellAnew('admin.search', { 'admin.search.name': name }),
};

/** For handlers: each says that something was done, and begins the trace that the calls which come of it are part of. */
export const useAuditEvent = (): AuditEvents => events;
