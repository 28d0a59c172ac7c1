/** For the tests beside it: CSV character by character, as slow and as plain as it gets. */
export interface PlainRecord {
  line: number;
  cells: string[];
}

export interface PlainFile {
  records: PlainRecord[];
  /** Lines of a field whose quotes are wrong; what follows is not read. */
  bad: { began: number; stray: number | null } | null;
}

export function readPlainly(text: string, delimiter: string): PlainFile {
  const characters = [...text];
  const records: PlainRecord[] = [];
  let [at, line] = [0, 1];
  const isBreak = (character: string | undefined) => character === '\n' || character === '\r';
  function passBreak(): string {
    const broken = characters[at] === '\r' && characters[at + 1] === '\n' ? '\r\n' : (characters[at] ?? '');
    at += broken.length;
    line++;
    return broken;
  }
  while (at < characters.length) {
    const record: PlainRecord = { line, cells: [] };
    for (;;) {
      let cell = '';
      if (characters[at] === '"') {
        const began = line;
        for (at++; ; ) {
          if (at >= characters.length) return { records, bad: { began, stray: null } };
          if (characters[at] !== '"') cell += isBreak(characters[at]) ? passBreak() : characters[at++];
          else if (characters[at + 1] === '"') {
            cell += '"';
            at += 2;
          } else break;
        }
        for (at++; characters[at] === ' '; ) at++;
        if (at < characters.length && !isBreak(characters[at]) && characters[at] !== delimiter)
          return { records, bad: { began, stray: line } };
      } else
        while (at < characters.length && !isBreak(characters[at]) && characters[at] !== delimiter)
          cell += characters[at++];
      record.cells.push(cell);
      if (characters[at] !== delimiter) break;
      at++;
    }
    records.push(record);
    if (at < characters.length) passBreak();
  }
  return { records, bad: null };
}
