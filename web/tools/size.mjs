/* The JavaScript of the first page, file by file; fails above the ceiling. Run after `npm run build`. */
import { CEILING_KB, firstPage } from './first_page.mjs';

const ceiling = CEILING_KB * 1024;
let total = 0;
for (const { file, bytes } of firstPage()) {
  total += bytes;
  console.log(String(bytes).padStart(8), file);
}
console.log(String(total).padStart(8), `bytes of JavaScript for the first page, gzip (at most ${ceiling})`);
if (total > ceiling) process.exit(1);
