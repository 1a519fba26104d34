// How much JavaScript the dashboard's first page takes, compressed: a number that does not vary.
import { firstPage } from "../web/tools/first_page.mjs";

export async function dashboard() {
  const files = firstPage();
  const kb = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024;
  const sides = files.map(({ file, bytes }) => ({ name: file, kb: bytes / 1024 }));
  return { value: kb, least: kb, most: kb, sides: sides.sort((a, b) => b.kb - a.kb) };
}
