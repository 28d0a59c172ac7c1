import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../../dev/chromium.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const run = (command: string, args: string[], cwd: string) => promisify(execFile)(command, args, { cwd });
const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name);

const APP = `
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startAuditEvents, useAuditEvent, usePageTracking, useTrackingConsent, useUserTracking } from '@steward/audit-hooks';

startAuditEvents({ serviceName: 'another-app', user: () => 'u-1' });

function Page() {
  usePageTracking();
  useUserTracking();
  const { trackButtonClick } = useAuditEvent();
  const [consent] = useTrackingConsent();
  return <button onClick={() => trackButtonClick('refund')}>{consent}</button>;
}

const root = document.getElementById('root');
if (root) createRoot(root).render(<StrictMode><Page /></StrictMode>);
`;
const CONFIG = {
  compilerOptions: {
    ...{
      target: 'es2024',
      module: 'esnext',
      moduleResolution: 'bundler',
      jsx: 'react-jsx',
      strict: true,
      noEmit: true,
    },
    ...{ lib: ['es2024', 'dom'], types: [], skipLibCheck: false },
  },
  include: ['main.tsx'],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-hooks-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('the hooks are a package that another React application installs, with its types', async () => {
  await run('npm', ['run', '--silent', 'build:hooks'], ROOT);
  await run('npm', ['pack', '--silent', '--pack-destination', folder, join(ROOT, 'web-admin', 'hooks')], ROOT);
  const [packed = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const installed = join(folder, 'node_modules', '@steward', 'audit-hooks');
  await mkdir(installed, { recursive: true });
  await run('tar', ['xzf', join(folder, packed), '--strip-components=1', '-C', installed], folder);
  for (const name of ['react', 'react-dom', '@types', '@opentelemetry', 'csstype'])
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  await writeFile(join(folder, 'main.tsx'), APP);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));
  await writeFile(join(folder, 'index.html'), '<div id="root"></div><script type="module" src="/main.tsx"></script>');

  await run(bin('tsc'), ['-p', folder], folder);
  await run(bin('vite'), ['build', '--logLevel', 'warn'], folder);

  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const told: string[] = [];
    await page.route('**/*', async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/v1/otlp/v1/logs') {
        const body = JSON.parse(route.request().postData() ?? '{}');
        for (const { scopeLogs } of body.resourceLogs)
          for (const { logRecords } of scopeLogs) for (const { eventName } of logRecords) told.push(eventName);
        return route.fulfill({ json: {} });
      }
      return route.fulfill({ path: join(folder, 'dist', pathname === '/refunds' ? 'index.html' : pathname) });
    });
    await page.goto('http://localhost/refunds');
    await page.getByRole('button', { name: 'granted' }).click();
    await expect
      .poll(() => told.toSorted(), { timeout: 30_000 })
      .toEqual(['app.widget.click', 'browser.page_view', 'session.start']);
  } finally {
    await browser.close();
  }
});
