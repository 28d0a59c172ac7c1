import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** What must outlive the process for its tokens to stay valid: the key, and the port, which is in every `iss`. */
export interface IssuerState {
  signingKey: JWK;
  cookieKey: string;
  machineSecret: string;
  port?: number;
}

/** Reads the state, or makes one. Without a file it lasts as long as the process. */
export async function loadState(file: string | undefined): Promise<IssuerState> {
  const text = file === undefined ? undefined : await readFile(file, 'utf8').catch(noFile);
  if (text === undefined) return { signingKey: await newKey(), cookieKey: newSecret(), machineSecret: newSecret() };
  try {
    // A file of before there were machines has no secret for them.
    return { machineSecret: newSecret(), ...(JSON.parse(text) as Omit<IssuerState, 'machineSecret'>) };
  } catch (error) {
    throw new Error(`${file} does not hold the issuer's keys: delete it, and sign in again.`, { cause: error });
  }
}

/** Whole or not at all: a half-written key would make every token worthless. */
export async function saveState(file: string, state: IssuerState): Promise<void> {
  await mkdir(dirname(file)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const newSecret = () => randomBytes(32).toString('base64url');

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(privateKey);
  return { ...key, kid: await calculateJwkThumbprint(key), alg: 'ES256', use: 'sig' };
}

function noFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
