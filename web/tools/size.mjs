/* What a browser loads before the first page (Overview) stands whole: the entry, one language, the chart library.
 * Fails above the ceiling. Run after `npm run build`. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const CEILING = 250 * 1024;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

const files = new Set();
const add = (name) => {
  const chunk = manifest[name];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  chunk.imports?.forEach(add);
};
// The Russian table is the larger one.
['index.html', 'src/lib/texts/ru.ts', 'src/charts/echarts.ts'].forEach((name) => {
  if (!manifest[name]) throw new Error(`${name} is not in the manifest: is the build fresh?`);
  add(name);
});

let total = 0;
for (const file of files) {
  const size = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  total += size;
  console.log(String(size).padStart(8), file);
}
console.log(String(total).padStart(8), `bytes of JavaScript for the first page, gzip (at most ${CEILING})`);
if (total > CEILING) process.exit(1);
