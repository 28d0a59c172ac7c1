import { defineConfig } from 'vite';

/** The hooks as a package of their own; React and OpenTelemetry come from whoever installs it. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    minify: false,
    lib: { entry: 'index.ts', formats: ['es'], fileName: 'index' },
    rolldownOptions: { external: [/^react/, /^@opentelemetry\//] },
  },
});
