/** Classes of SQLSTATE that are about what was to be written, not about the database being away or busy. */
const ABOUT_DATA = /^(?:22|23|55000|P0)/;

/** Whether a statement failed because of the rows it was about: then the others of its batch must not suffer for it. */
export function isOfOneItem(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && ABOUT_DATA.test(code);
}

/** In words that hold nothing of the database's. */
export function reasonOf(error: unknown): string {
  const { code } = error as { code: string };
  if (code.startsWith('23')) return 'It would contradict something else that is stored.';
  if (code.startsWith('22')) return 'Its value cannot be stored.';
  return 'The database refuses to change it.';
}
