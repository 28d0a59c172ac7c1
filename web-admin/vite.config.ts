import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** While working on the pages: a Steward that runs already (`npm start`) answers what is no file. */
const STEWARD = process.env.STEWARD_URL ?? 'http://127.0.0.1:3001';

const proxied = {
  target: STEWARD,
  // Changes must come from Steward's own origin.
  headers: { Origin: STEWARD },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    // The policy of `public/_headers` lets no data: address be a script or a font.
    assetsInlineLimit: 0,
    // What the browser loads first is measured with `npm run bench -- web`, and has the manifest to name chunks by.
    manifest: true,
    rolldownOptions: {
      output: {
        // What every page needs and what seldom changes: few files, which stay in the browser over deployments.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            {
              name: 'frame',
              test: /node_modules\/(@tanstack\/(react-)?(router|query|store|history)|i18next|react-i18next)/,
            },
          ],
        },
      },
    },
  },
  server: { host: '127.0.0.1', proxy: { '/v1': proxied, '/auth': proxied, '/docs': proxied } },
});
