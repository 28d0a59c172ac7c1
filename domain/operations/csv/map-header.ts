import { findSecret } from '../../audit/redact.ts';
import { type FieldError, Invalid } from '../../errors.ts';
import { MAX_COLUMNS, MAX_NAME_CHARACTERS } from './limits.ts';
import { showCell } from './line-errors.ts';

/** A column that an operation takes. */
export interface CsvField {
  name: string;
  isRequired: boolean;
}

/** Which fields of an operation the columns of a file are. */
export interface HeaderMap {
  /** The columns' names, without the blanks around them. */
  header: string[];
  /** By field: the number of its column, from 0. Only fields that the file has. */
  places: Map<string, number>;
  /** Columns of the file that the operation does not take. */
  ignoredColumns: string[];
}

/** `Session ID`, `session_id` and `session-id` are `sessionId`. */
const fold = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, '');

const quoted = (names: readonly string[]) => names.map((name) => JSON.stringify(name)).join(', ');

function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const sentence = errors.map(({ field, reason }) => (field === 'header' ? reason : `${field}: ${reason}`)).join('; ');
  throw new Invalid(`The columns of the file do not fit: ${sentence}.`, [...errors]);
}

/** A file without a header line has data in its place, which must not come back in a message. */
function faultOfName(name: string, place: number, header: readonly string[]): string | null {
  const column = `column ${place + 1}`;
  const hint = 'is the first line the header?';
  if (name === '') return `${column} has no name`;
  if (name.length > MAX_NAME_CHARACTERS)
    return `the name of ${column} has more than ${MAX_NAME_CHARACTERS} characters; ${hint}`;
  const secret = findSecret(name);
  if (secret !== null) return `the name of ${column} looks like it holds a secret (${secret}); ${hint}`;
  const first = header.indexOf(name);
  return first < place ? `columns ${first + 1} and ${place + 1} are both called ${JSON.stringify(name)}` : null;
}

function checkNames(header: readonly string[]): void {
  if (header.length > MAX_COLUMNS)
    refuse([
      { field: 'header', reason: `there are ${header.length}, and at most ${MAX_COLUMNS} are read; leave some out` },
    ]);
  const reasons = header.map((name, place) => faultOfName(name, place, header)).filter((reason) => reason !== null);
  refuse(reasons.map((reason) => ({ field: 'header', reason })));
}

/** The fields whose column the caller named. */
function placeNamed(header: readonly string[], fields: readonly CsvField[], mapping: Readonly<Record<string, string>>) {
  const places = new Map<string, number>();
  const errors: FieldError[] = [];
  for (const [field, wanted] of Object.entries(mapping)) {
    const name = wanted.normalize().trim();
    const exact = header.indexOf(name);
    const place = exact < 0 ? header.findIndex((each) => fold(each) === fold(name)) : exact;
    const fault = !fields.some((each) => each.name === field)
      ? `is no column of this operation; it takes ${quoted(fields.map((each) => each.name))}`
      : place < 0
        ? `the file has no column ${showCell(wanted)}; it has ${quoted(header)}`
        : [...places.values()].includes(place)
          ? `the column ${quoted([name])} is named for two fields`
          : null;
    if (fault === null) places.set(field, place);
    else errors.push({ field: `mapping.${field}`, reason: fault });
  }
  refuse(errors);
  return places;
}

/** The fields whose column has their name, more or less. */
function placeLikeNamed(header: readonly string[], fields: readonly CsvField[], places: Map<string, number>): void {
  const errors: FieldError[] = [];
  const taken = new Set(places.values());
  for (const { name } of fields.filter((each) => !places.has(each.name))) {
    const alike = [...header.keys()].filter((place) => !taken.has(place) && fold(header[place] ?? '') === fold(name));
    const [place] = alike;
    if (alike.length > 1) {
      const names = quoted(alike.map((each) => header[each] ?? ''));
      errors.push({ field: name, reason: `may be any of the columns ${names}; say which in the mapping` });
    } else if (place !== undefined) places.set(name, place);
  }
  refuse(errors);
}

/**
 * Finds an operation's fields in the header of a file: by `mapping` (field → column), else by a name that is the same but for
 * case, blanks, `_` and `-`.
 * @throws Invalid
 */
export function mapHeader(
  names: readonly string[],
  fields: readonly CsvField[],
  mapping: Readonly<Record<string, string>> = {},
): HeaderMap {
  const header = names.map((name) => name.normalize().trim());
  checkNames(header);
  const places = placeNamed(header, fields, mapping);
  placeLikeNamed(header, fields, places);
  const missing = fields.filter(({ name, isRequired }) => isRequired && !places.has(name));
  refuse(missing.map(({ name }) => ({ field: name, reason: `is missing; the file has ${quoted(header)}` })));
  if (places.size === 0) {
    const wanted = quoted(fields.map(({ name }) => name));
    refuse([{ field: 'header', reason: `none of ${wanted} is there; the file has ${quoted(header)}` }]);
  }
  const taken = new Set(places.values());
  return { header, places, ignoredColumns: header.filter((_, place) => !taken.has(place)) };
}
