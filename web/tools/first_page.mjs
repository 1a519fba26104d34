/* What a browser loads before the first page (Overview) stands whole: the entry, one language, the chart library.
 * Read from dist/ after `npm run build`; for size.mjs and the benchmark's row `dashboard`. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

export const CEILING_KB = 250;

const dist = new URL('../dist/', import.meta.url);
// The Russian table is the larger one.
const LOADED = ['index.html', 'src/lib/texts/ru.ts', 'src/charts/echarts.ts'];

/* [{file, bytes}]: the size of each by gzip. */
export function firstPage() {
  const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
  const files = new Set();
  const add = (name) => {
    const chunk = manifest[name];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    chunk.imports?.forEach(add);
  };
  for (const name of LOADED) {
    if (!manifest[name]) throw new Error(`${name} is not in the manifest: is the build fresh?`);
    add(name);
  }
  const bytesOf = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  return [...files].map((file) => ({ file, bytes: bytesOf(file) }));
}
