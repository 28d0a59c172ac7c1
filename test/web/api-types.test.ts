import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiFiles } from '../../dev/api-types.ts';
import { commonApp } from '../app.ts';

it('what the admin UI knows of the API is what its reference says now (npm run generate:api)', async () => {
  const app = await commonApp();
  const { json } = await app.call('GET', '/v1/openapi.json');
  const folder = join(import.meta.dirname, '..', '..', 'web-admin', 'api');
  for (const [name, text] of Object.entries(await apiFiles(json)))
    expect(text === (await readFile(join(folder, name), 'utf8')), name).toBe(true);
  await app.stop();
});
