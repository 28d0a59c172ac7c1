/** `npm run logs [-- --level LEVEL] [-- --request ID] [-- --trace ID] [-- --follow] [-- --data FOLDER]`: the local Worker's log. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { entryOf, isWanted, LEVELS, type Wanted } from './logs/entry.ts';
import { logFiles } from './logs/file.ts';
import { format } from './logs/format.ts';
import { readLines } from './logs/read.ts';
import { Refusal } from './state.ts';

const USAGE =
  'npm run logs -- takes --level debug|info|warn|error, --request ID, --trace ID (the beginning of an id is enough), --follow, --data FOLDER (default .steward)';

const OPTIONS = {
  level: { type: 'string' },
  request: { type: 'string' },
  trace: { type: 'string' },
  follow: { type: 'boolean', short: 'f' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export interface LogsArguments extends Wanted {
  follow: boolean;
  help: boolean;
  dataDir: string;
}

/** npm keeps for itself what is not behind `--` and leaves it in npm_config_*, as with `npm start`. */
export function parseArguments(argv: string[], env: Record<string, string | undefined>): LogsArguments {
  const given = valuesOf(argv);
  const { level = env.npm_config_level, request = env.npm_config_request, trace = env.npm_config_trace } = given;
  if (level !== undefined && !LEVELS.includes(level)) throw new Refusal(`There is no level "${level}": ${USAGE}`, 2);
  // npm moves to the project's folder and says where it was called from.
  const dataDir = given.data
    ? resolve(env.INIT_CWD ?? '', given.data)
    : fileURLToPath(new URL('../.steward', import.meta.url));
  const follow = given.follow ?? env.npm_config_follow === 'true';
  return { level, request, trace, follow, help: given.help ?? false, dataDir };
}

function valuesOf(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}: ${USAGE}`, 2);
  }
}

async function show({ dataDir, follow, ...wanted }: LogsArguments): Promise<void> {
  const files = logFiles(dataDir, 'worker');
  if (!files.some((file) => existsSync(file)))
    throw new Refusal(`There is no log in ${join(dataDir, 'logs')} yet: npm start writes it.`);
  const style = { colour: process.stdout.isTTY === true && !process.env.NO_COLOR };
  let day = '';
  for await (const line of readLines(files, { follow })) {
    const entry = entryOf(line);
    if (!isWanted(entry, wanted)) continue;
    const today = entry.time.slice(0, 10);
    if (today !== '' && today !== day) process.stdout.write(`${today}, times are UTC\n`);
    day = today || day;
    process.stdout.write(`${format(entry, style)}\n`);
  }
}

async function main(): Promise<number> {
  try {
    const o = parseArguments(process.argv.slice(2), process.env);
    if (o.help) process.stdout.write(`${USAGE}\n`);
    else await show(o);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
}

if (import.meta.main) {
  // Whoever reads may have seen enough: `| head`.
  process.stdout.on('error', () => process.exit(0));
  process.exitCode = await main();
}
