import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Malformed } from '../errors.ts';
import { type Budget, checkDepth, checkText, plainDouble, plainInt, spend, validId } from './otlp-limits.ts';
import { type Attributes, type PlainValue, setAttribute } from './otlp-model.ts';

/** A reader over one request and what the request may still hold. */
export interface Source {
  reader: BinaryReader;
  budget: Budget;
}

/** Tag of a field: its number and wire type, as they stand on the wire. */
const varint = (field: number) => (field << 3) | WireType.Varint;
const fixed64 = (field: number) => (field << 3) | WireType.Bit64;
const fixed32 = (field: number) => (field << 3) | WireType.Bit32;
const delimited = (field: number) => (field << 3) | WireType.LengthDelimited;
export const tag = { varint, fixed64, fixed32, delimited };

/** Reads a field's value, or says that it does not know the field; a known field of another wire type is an unknown one. */
export type ReadField = (tag: number) => boolean;

/** Reads the fields of a message up to `end`. Unknown ones are passed over. @throws Error when the message runs over its end */
export function readFields({ reader }: Source, end: number, read: ReadField): void {
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (read((field << 3) | wireType)) continue;
    // skip() takes a varint of any length.
    if (wireType === WireType.Varint) reader.uint64();
    else reader.skip(wireType, field);
  }
  if (reader.pos !== end) throw new Malformed('A message is longer than it says.');
}

/** Reads an embedded message: its length, then its fields. */
export function readMessage(source: Source, read: ReadField): void {
  const { reader } = source;
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new Malformed('A message is longer than the body.');
  readFields(source, end, read);
}

export const readText = ({ reader }: Source): string => checkText(reader.string(true));

export const readTime = ({ reader }: Source): bigint => BigInt(reader.fixed64());

/** '' for what is no id. */
export const readId = ({ reader }: Source, digits: 16 | 32): string => validId(reader.bytes().toHex(), digits);

/** KeyValue, into `attributes`. */
export function readKeyValue(source: Source, attributes: Attributes, depth = 0): void {
  let key = '';
  let value: PlainValue = null;
  readMessage(source, (field) => {
    if (field === tag.delimited(1)) key = readText(source);
    else if (field === tag.delimited(2)) value = readValue(source, depth);
    else return false;
    return true;
  });
  spend(source.budget);
  setAttribute(attributes, key, value);
}

/** AnyValue. @param depth how many values it is in */
export function readValue(source: Source, depth = 0): PlainValue {
  const { reader } = source;
  checkDepth(depth);
  spend(source.budget);
  let value: PlainValue = null;
  readMessage(source, (field) => {
    if (field === tag.delimited(1)) value = readText(source);
    else if (field === tag.varint(2)) value = reader.bool();
    else if (field === tag.varint(3)) value = plainInt(BigInt(reader.int64()));
    else if (field === tag.fixed64(4)) value = plainDouble(reader.double());
    else if (field === tag.delimited(5)) value = readArray(source, depth);
    else if (field === tag.delimited(6)) value = readKeyValueList(source, depth);
    else if (field === tag.delimited(7)) value = reader.bytes().toBase64();
    else return false;
    return true;
  });
  return value;
}

function readArray(source: Source, depth: number): PlainValue[] {
  const values: PlainValue[] = [];
  readMessage(source, (field) => {
    if (field !== tag.delimited(1)) return false;
    values.push(readValue(source, depth + 1));
    return true;
  });
  return values;
}

function readKeyValueList(source: Source, depth: number): Attributes {
  const attributes: Attributes = {};
  readMessage(source, (field) => {
    if (field !== tag.delimited(1)) return false;
    readKeyValue(source, attributes, depth + 1);
    return true;
  });
  return attributes;
}
