import type { UiEvent } from './events.ts';
import { currentSettings } from './settings.ts';

const textValues = (attributes: Record<string, string>) =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/**
 * An ExportLogsServiceRequest (opentelemetry-proto 1.x, JSON) of events, for the moments in which OpenTelemetry's SDK, whose work this is, has
 * not been fetched yet.
 */
export function asOtlp(events: UiEvent[]): string {
  const { serviceName, serviceVersion } = currentSettings();
  const resource = { 'service.name': serviceName, ...(serviceVersion ? { 'service.version': serviceVersion } : {}) };
  const logRecords = events.map(({ name, attributes, time, span }) => ({
    timeUnixNano: `${time}000000`,
    eventName: name,
    traceId: span.traceId,
    spanId: span.spanId,
    attributes: textValues({ ...attributes, 'log.record.uid': crypto.randomUUID() }),
  }));
  return JSON.stringify({
    resourceLogs: [{ resource: { attributes: textValues(resource) }, scopeLogs: [{ scope: {}, logRecords }] }],
  });
}
