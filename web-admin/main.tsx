import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles.css';
import { queryClient } from './api/query-client.ts';
import type { Me } from './api/schema.gen.ts';
import { listenForSignIn } from './api/session.ts';
import { keyOf } from './api/use-api.ts';
import { startAuditEvents } from './hooks/index.ts';
import { startTexts } from './i18n/index.ts';
import { App } from './shell/app.tsx';
import { reloadOnNewVersion } from './shell/new-version.ts';

reloadOnNewVersion();
listenForSignIn();
startAuditEvents({
  serviceName: 'web-admin',
  user: () => queryClient.getQueryData<Me>(keyOf('GET /v1/admin/me', {}))?.id ?? null,
});
await startTexts();

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
