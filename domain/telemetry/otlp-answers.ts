import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Refused } from './admit.ts';
import type { Signal } from './otlp-model.ts';

export type Encoding = 'protobuf' | 'json';

/**
 * ExportLogsServiceResponse or ExportTraceServiceResponse: empty when everything was taken, else with its partial success. In Protobuf
 * the two have the same fields.
 */
export function exportResponse(
  signal: Signal,
  encoding: Encoding,
  { count, reason }: Refused,
): Uint8Array<ArrayBuffer> | string {
  if (encoding === 'json') {
    const rejected = { [signal === 'logs' ? 'rejectedLogRecords' : 'rejectedSpans']: String(count) };
    return JSON.stringify(count === 0 ? {} : { partialSuccess: { ...rejected, errorMessage: reason } });
  }
  const writer = new BinaryWriter();
  if (count > 0) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Varint).int64(BigInt(count));
    text(writer, 2, reason).join();
  }
  return writer.finish();
}

export interface Failure {
  /** Of google.rpc.Code. */
  code: number;
  message: string;
  /** Our own code and what helps to find the request, as a google.rpc.ErrorInfo. */
  reason: string;
  metadata: Readonly<Record<string, string>>;
}

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const DOMAIN = 'steward';

/** google.rpc.Status, the body OTLP/HTTP wants with every 4xx and 5xx. */
export function statusMessage(
  encoding: Encoding,
  { code, message, reason, metadata }: Failure,
): Uint8Array<ArrayBuffer> | string {
  if (encoding === 'json')
    return JSON.stringify({ code, message, details: [{ '@type': ERROR_INFO, reason, domain: DOMAIN, metadata }] });
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int32(code);
  text(writer, 2, message);
  writer.tag(3, WireType.LengthDelimited).fork();
  text(writer, 1, ERROR_INFO);
  writer.tag(2, WireType.LengthDelimited).fork();
  text(text(writer, 1, reason), 2, DOMAIN);
  for (const [key, value] of Object.entries(metadata)) {
    writer.tag(3, WireType.LengthDelimited).fork();
    text(text(writer, 1, key), 2, value).join();
  }
  return writer.join().join().finish();
}

const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);
