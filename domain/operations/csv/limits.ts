// An isolate has 128 MB for everything it does at once: these bound what one file can take of it.
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Below the header, blank ones not counted. */
export const MAX_ROWS = 100_000;
/** As many as a sheet of a spreadsheet has rows. */
export const MAX_BLANK_ROWS = 1_048_576;
export const MAX_COLUMNS = 64;
export const MAX_CELL_CHARACTERS = 10_000;
export const MAX_NAME_CHARACTERS = 100;
/** The others are counted. */
export const MAX_LISTED_ERRORS = 1_000;

/** The longest row that keeps the limits above: every character a doubled quote, two quotes around a cell, a delimiter after it. */
export const MAX_RECORD_CHARACTERS = MAX_COLUMNS * (2 * MAX_CELL_CHARACTERS + 3);

/** `100,000`, whatever the language of the machine. */
export const grouped = (count: number): string => count.toLocaleString('en');
