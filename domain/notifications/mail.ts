/** One e-mail as plain text. */
export interface Letter {
  to: readonly string[];
  subject: string;
  text: string;
  headers: Record<string, string>;
}

/** Sends e-mail; a call that fails may have sent it. */
export interface Mail {
  send(letter: Letter): Promise<void>;
}
