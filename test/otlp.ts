import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { type Attributes, DiagLogLevel, diag, type LogRecord } from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { UiEventRow } from '../queues/messages.ts';
import { type App, type Person, until } from './app.ts';

export const LOGS = '/v1/otlp/v1/logs';
export const TRACES = '/v1/otlp/v1/traces';
export const NOBODY = '00000000-0000-0000-0000-000000000000';

export interface Wire {
  encoding: 'protobuf' | 'json';
  compression: 'gzip' | 'none';
}
export const WIRES: Wire[] = [
  { encoding: 'protobuf', compression: 'gzip' },
  { encoding: 'protobuf', compression: 'none' },
  { encoding: 'json', compression: 'gzip' },
  { encoding: 'json', compression: 'none' },
];

const resource = resourceFromAttributes({
  'service.name': 'web-admin',
  'service.version': '1.2.3',
  'host.name': 'ada-laptop',
});

const settings = (app: App, path: string, headers: Record<string, string>, { compression }: Wire) => ({
  url: `${app.worker().url}${path}`,
  headers,
  compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
});

/** OpenTelemetry's own SDK and exporter, pointed at our route. */
export function stockLogger(app: App, headers: Record<string, string>, wire: Wire) {
  const Exporter = wire.encoding === 'json' ? JsonLogExporter : ProtobufLogExporter;
  const exporter = new Exporter(settings(app, LOGS, headers, wire));
  const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
  return { logger: provider.getLogger('ui', '0.1'), flush: () => provider.shutdown() };
}

export function stockTracer(app: App, headers: Record<string, string>, wire: Wire) {
  const Exporter = wire.encoding === 'json' ? JsonTraceExporter : ProtobufTraceExporter;
  const exporter = new Exporter(settings(app, TRACES, headers, wire));
  const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] });
  return { tracer: provider.getTracer('ui', '0.1'), flush: () => provider.shutdown() };
}

/** What the SDK says of its exports, while `work` runs. */
export async function sdkMessages(work: () => Promise<void>): Promise<string[]> {
  const said: string[] = [];
  const say = (...parts: unknown[]) => void said.push(parts.map(String).join(' '));
  diag.setLogger(
    { error: say, warn: say, info: say, debug: () => undefined, verbose: () => undefined },
    DiagLogLevel.INFO,
  );
  try {
    await work();
  } finally {
    diag.disable();
  }
  return said.filter((message) => /export|success/i.test(message));
}

/** An ExportLogsServiceRequest as OpenTelemetry's serialiser writes it. */
export async function protobufLogs(
  records: LogRecord[],
  attributes: Attributes = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const exporter = new InMemoryLogRecordExporter();
  const processors = [new SimpleLogRecordProcessor({ exporter })];
  const provider = new LoggerProvider({ resource: resourceFromAttributes(attributes), processors });
  for (const record of records) provider.getLogger('ui').emit(record);
  await provider.forceFlush();
  return Uint8Array.from(ProtobufLogsSerializer.serializeRequest(exporter.getFinishedLogRecords()) ?? []);
}

/** An ExportLogsServiceRequest in JSON: one record. */
export const jsonLog = (record: Record<string, unknown>, resourceAttributes: unknown[] = []) =>
  JSON.stringify({
    resourceLogs: [{ resource: { attributes: resourceAttributes }, scopeLogs: [{ logRecords: [record] }] }],
  });

export const keyValue = (key: string, stringValue: string) => ({ key, value: { stringValue } });

export function varint(value: number): Uint8Array {
  const length: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    length.push(left > 127 ? (left % 128) | 128 : left);
    if (left <= 127) return Uint8Array.from(length);
  }
}

/** A field of Protobuf's wire type 2: its tag and length. */
export const head = (field: number, length: number) => Buffer.concat([varint(field * 8 + 2), varint(length)]);

/** The whole of it. */
export const delimited = (field: number, body: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.concat([head(field, body.length), body]));

/** 64 MiB of zeros, eight times over, as one gzip stream: half a megabyte that becomes 512. */
export function gzipBomb(): Uint8Array<ArrayBuffer> {
  const part = deflateRawSync(Buffer.alloc(64 * 1024 * 1024), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
  return Uint8Array.from(Buffer.concat([header, ...Array<Uint8Array>(8).fill(part)]));
}

/** A raw body, as no exporter would send it. */
export async function post(
  app: App,
  path: string,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: Headers; bytes: Uint8Array; text: string }> {
  const response = await answerTo(`${app.worker().url}${path}`, { method: 'POST', headers, body });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: new TextDecoder().decode(bytes) };
}

const BROKEN = ['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'];

/** A server that refuses a body before it has all of it closes the connection; its answer may be lost to who still sends. */
async function answerTo(url: string, request: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url, request);
    } catch (error) {
      const { code } = (error as { cause?: { code?: string } }).cause ?? {};
      if (attempt === 10 || !BROKEN.includes(code ?? '')) throw error;
    }
  }
}

export const gzip = (body: Uint8Array | string) => Uint8Array.from(gzipSync(body));

export const asBearer = ({ token }: Person) => ({ authorization: `Bearer ${token}` });

export interface StoredEvent extends Omit<UiEventRow, 'properties'> {
  properties: Record<string, unknown>;
}

/** The events of a session, when there are so many. */
export async function eventsOf(app: App, sessionId: string, count: number): Promise<StoredEvent[]> {
  let rows: UiEventRow[] = [];
  await until(async () => {
    rows = await app.analytics<UiEventRow>(
      `SELECT * FROM audit_db.admin_ui_events WHERE session_id = '${sessionId}' ORDER BY timestamp, event_type`,
    );
    return rows.length >= count;
  }, `${count} events of the session`);
  return rows.map((row) => ({ ...row, properties: JSON.parse(row.properties) }));
}
