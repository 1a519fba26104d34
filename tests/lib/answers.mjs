// tests/lib/answers.mjs -- answers that a page gets from a test: late ones, and ones that no sample has.
//
// Is:    routes of a page held back or answered; what came is listed.
// Owns:  nothing; the routes end with their page.
// Never: stands in for an answer that the server can be brought to give.
import { eventually } from './browser.mjs';

/** Answer what begins with `path` by `answer(query, request)`; the queries that came, in order. */
export async function answered(page, path, answer) {
  const asked = [];
  await page.route((url) => url.pathname === path, (route) => {
    const query = Object.fromEntries(new URL(route.request().url()).searchParams);
    asked.push(query);
    return route.fulfill({ json: answer(query, route.request()) });
  });
  return asked;
}

/** Hold the answers to what matches until `release()`; how many wait. */
export async function held(page, matches) {
  let free;
  const freed = new Promise((done) => (free = done));
  let waiting = 0;
  await page.route(matches, async (route) => {
    waiting++;
    await freed;
    await route.continue().catch(() => undefined); // nobody waits for it any more
  });
  return { release: free, waiting: (count) => eventually('held', () => waiting >= count, true) };
}
