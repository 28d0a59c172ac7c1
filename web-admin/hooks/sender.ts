import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import type { UiEvent } from './events.ts';
import { BeaconProcessor } from './processor.ts';
import { currentSettings } from './settings.ts';

const SCOPE = '@steward/audit-hooks';

export interface Sender {
  send(event: UiEvent): void;
  /** Drops what has not gone yet. */
  forget(): void;
}

/** OpenTelemetry's log SDK, with each event as a log record that says who it is (`log.record.uid`). */
export function startSender(): Sender {
  const { serviceName, serviceVersion } = currentSettings();
  const processor = new BeaconProcessor();
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      ...(serviceVersion ? { 'service.version': serviceVersion } : {}),
    }),
    processors: [processor],
  });
  const logger = provider.getLogger(SCOPE);
  return {
    send({ name, attributes, time, span }) {
      logger.emit({
        eventName: name,
        timestamp: time,
        attributes: { ...attributes, 'log.record.uid': crypto.randomUUID() },
        context: trace.setSpanContext(ROOT_CONTEXT, { ...span, traceFlags: TraceFlags.NONE }),
      });
    },
    forget: () => processor.forget(),
  };
}
