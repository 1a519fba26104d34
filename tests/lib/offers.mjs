// tests/lib/offers.mjs -- a server that says it can do more than it can.
//
// Is:    the OpenAPI that a page reads, with routes and parameters added, and answers made for them.
// Owns:  nothing; the routes end with their page.
// Never: stands in for a route that the server has: that is asked itself.
import { eventually } from './browser.mjs';

/** `added`: { "/api/v1/x": { get: ["parameter", …] } }, beside what is there. */
export async function offer(page, added) {
  const document = await (await page.context().request.get('/openapi.json')).json();
  for (const [path, methods] of Object.entries(added)) {
    for (const [method, names] of Object.entries(methods)) {
      const route = ((document.paths[path] ??= {})[method] ??= { parameters: [] });
      route.parameters = [...(route.parameters ?? []), ...names.map((name) => ({ name, in: 'query' }))];
    }
  }
  await page.route('**/openapi.json', (route) => route.fulfill({ json: document }));
}

/** Whether the server has a route and its parameters of itself: what is mocked until then need not be any more. */
export async function has(page, path, ...names) {
  const document = await (await page.context().request.get('/openapi.json')).json();
  const route = document.paths[path]?.get;
  return route !== undefined && names.every((name) => (route.parameters ?? []).some((one) => one.name === name));
}

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
