import {
  type Exception,
  ROOT_CONTEXT,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { exportResponse } from './otlp-answers.ts';
import { decodeJson } from './otlp-json.ts';
import { decodeProtobuf } from './otlp-protobuf.ts';

const resource = resourceFromAttributes({ 'service.name': 'web-admin', 'service.version': '1.2.3' });
const SPAN = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
};
const present = (bytes: Uint8Array | undefined) => bytes ?? new Uint8Array();

async function stockLogs() {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger('ui', '0.1');
  const attributes = {
    'app.widget.id': 'save',
    n: 5,
    big: 2 ** 53 - 1,
    pi: 3.25,
    on: true,
    list: ['a', 'b'],
    odd: 'Köln 🎉',
  };
  const context = trace.setSpanContext(ROOT_CONTEXT, SPAN);
  logger.emit({
    eventName: 'app.widget.click',
    attributes,
    severityNumber: SeverityNumber.INFO,
    timestamp: 1_700_000_000_123,
  });
  logger.emit({
    body: { nested: { list: [1, 'two', null], bytes: Uint8Array.of(1, 2, 3) } },
    severityText: 'WARN',
    context,
  });
  await provider.forceFlush();
  return exporter.getFinishedLogRecords();
}

async function stockSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('ui', '0.1');
  const parent = trace.setSpanContext(ROOT_CONTEXT, SPAN);
  const options = { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET' }, links: [{ context: SPAN }] };
  const span = tracer.startSpan('GET', options, parent);
  span.recordException(new TypeError('x is undefined') as Exception);
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' });
  span.end();
  await provider.forceFlush();
  return exporter.getFinishedSpans();
}

describe("what OpenTelemetry's own serialisers write", () => {
  it('is read alike from Protobuf and JSON: log records', async () => {
    const records = await stockLogs();
    const decoded = decodeProtobuf('logs', present(ProtobufLogsSerializer.serializeRequest(records)));
    expect(decoded).toEqual(decodeJson('logs', present(JsonLogsSerializer.serializeRequest(records))));
    expect(decoded.groups).toMatchObject([
      {
        resource: { 'service.name': 'web-admin', 'service.version': '1.2.3' },
        scope: { name: 'ui', version: '0.1' },
        items: [
          {
            eventName: 'app.widget.click',
            time: 1_700_000_000_123_000_000n,
            severityNumber: 9,
            attributes: {
              'app.widget.id': 'save',
              n: 5,
              big: 2 ** 53 - 1,
              pi: 3.25,
              on: true,
              list: ['a', 'b'],
              odd: 'Köln 🎉',
            },
            traceId: '',
          },
          {
            body: { nested: { list: [1, 'two', null], bytes: 'AQID' } },
            severityText: 'WARN',
            traceId: SPAN.traceId,
            spanId: SPAN.spanId,
          },
        ],
      },
    ]);
  });

  it('is read alike from Protobuf and JSON: spans', async () => {
    const spans = await stockSpans();
    const decoded = decodeProtobuf('traces', present(ProtobufTraceSerializer.serializeRequest(spans)));
    expect(decoded).toEqual(decodeJson('traces', present(JsonTraceSerializer.serializeRequest(spans))));
    expect(decoded.groups[0]?.items).toMatchObject([
      {
        name: 'GET',
        kind: 3,
        traceId: SPAN.traceId,
        parentSpanId: SPAN.spanId,
        attributes: { 'http.request.method': 'GET' },
        events: [
          { name: 'exception', attributes: { 'exception.type': 'TypeError', 'exception.message': 'x is undefined' } },
        ],
        links: [{ traceId: SPAN.traceId, spanId: SPAN.spanId }],
        statusCode: 2,
        statusMessage: 'failed',
      },
    ]);
  });

  it('has readers that understand our answers', () => {
    const bytes = (answer: Uint8Array | string) =>
      typeof answer === 'string' ? new TextEncoder().encode(answer) : answer;
    const refused = { count: 3, reason: 'Not taken: 3 with more than 128 attributes.' };
    const none = { count: 0, reason: '' };
    const partialSuccess = { rejectedLogRecords: 3, errorMessage: refused.reason };
    expect(ProtobufLogsSerializer.deserializeResponse(bytes(exportResponse('logs', 'protobuf', refused)))).toEqual({
      partialSuccess,
    });
    expect(JsonLogsSerializer.deserializeResponse(bytes(exportResponse('logs', 'json', refused)))).toEqual({
      partialSuccess: { ...partialSuccess, rejectedLogRecords: '3' },
    });
    expect(JsonTraceSerializer.deserializeResponse(bytes(exportResponse('traces', 'json', refused)))).toEqual({
      partialSuccess: { rejectedSpans: '3', errorMessage: refused.reason },
    });
    expect(exportResponse('traces', 'protobuf', none)).toEqual(new Uint8Array());
    expect(exportResponse('logs', 'json', none)).toBe('{}');
  });
});
