import { defineConfig } from 'vite';

// In development the page is served by Vite and the data by a Demetra server.
const server = process.env.DEMETRA_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/',
  build: {
    target: 'es2022',
    manifest: true, // tools/first_page.mjs reads it
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/v1', '/login', '/health', '/openapi.json', '/docs', '/export'].map((path) => [path, server]),
    ),
  },
});
