// tests/lib/browser.mjs -- Debian's Chromium on a Demetra of the file's own.
//
// Is:    one server and one browser a test file, a context a test; what a test does with a page again and again.
// Owns:  the browser; it ends with the file.
// Never: sleeps. A test ends well only if the page logged no error, threw nothing and was given no 5xx.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';
import { ADMIN, SAMPLES, SLOW, Server, WRITE_KEY, newFolder, run } from './server.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
const WAIT_MS = 10_000 * SLOW;

/** The CRM sample and a small made web history, or an empty folder; a token that may only read. */
async function prepare(folder, history) {
  const env = { DEMETRA_ADMIN_TOKEN: ADMIN, DEMETRA_WRITE_KEY: WRITE_KEY };
  const command = async (...args) => {
    const done = await run(args, { folder, env });
    assert.equal(done.code, 0, done.stderr);
    return done.stdout;
  };
  if (history) {
    await command('import', 'crm', '--events', path.join(SAMPLES, 'events.csv'), '--contracts', path.join(SAMPLES, 'contracts.csv'));
    await command('demo', '--people', '2000', '--events', '20000');
  }
  return (await command('token', '--name', 'reader', '--role', 'read')).trim();
}

export class Site {
  /** `ready` is given the folder before the server starts. */
  static async open({ history = true, args = [], env = {}, ready = () => undefined } = {}) {
    const site = new Site();
    const folder = newFolder(test);
    site.reader = await prepare(folder, history);
    ready(folder);
    site.server = await Server.start(test, { folder, args, env });
    site.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
    test.after(() => site.browser.close());
    return site;
  }

  /**
   * A test in a context of its own. `token`: who is logged in (null: nobody); `at`: the page that it begins on;
   * `expected`: console errors that belong to it, as patterns.
   */
  test(name, options, body) {
    test(name, { timeout: 60_000 * SLOW }, async () => {
      const visit = await this.visit(options);
      try {
        await body(visit.page, visit);
        assert.deepEqual(visit.problems(), []);
      } finally {
        await visit.context.close();
      }
    });
  }

  async visit({ token = ADMIN, at, viewport = WIDE, scheme = 'light', lang = 'en', expected = [] } = {}) {
    const context = await this.browser.newContext({
      baseURL: this.server.base, viewport, colorScheme: scheme, locale: lang === 'ru' ? 'ru-RU' : 'en-GB', timezoneId: 'Europe/Kyiv', acceptDownloads: true,
    });
    context.setDefaultTimeout(WAIT_MS);
    if (token) await logIn(context, token);
    const page = await context.newPage();
    const seen = watch(page);
    if (at !== undefined) await open(page, at);
    return { page, context, problems: () => seen.filter((text) => !expected.some((pattern) => pattern.test(text))) };
  }
}

async function logIn(context, token) {
  const reply = await context.request.post('/api/v1/login', { data: { token }, headers: { 'X-Requested-With': 'demetra' } });
  assert.ok(reply.ok(), `${reply.status()} ${await reply.text()}`);
}

function watch(page) {
  const seen = [];
  page.on('console', (message) => message.type() === 'error' && seen.push(`${message.text()} ${message.location().url}`));
  page.on('pageerror', (error) => seen.push(`thrown: ${error.stack ?? error.message}`));
  page.on('response', (response) => response.status() >= 500 && seen.push(`${response.status()} ${response.url()}`));
  return seen;
}

/** Go to an address and wait until all that it shows is there. */
export async function open(page, address) {
  await page.goto(address);
  await settled(page);
}

/** Nothing loads, nothing is stale, every chart is drawn. */
export async function settled(page) {
  await page.waitForFunction(() =>
    document.querySelector('h1, dialog') !== null && document.readyState === 'complete' &&
    document.querySelector('[aria-busy="true"], [data-stale], .skeleton, .chart-canvas:not([data-ready])') === null);
}

/** Read until it is what it should be; what it was at last is in the error. */
export async function eventually(what, read, wanted, ms = WAIT_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await read();
    if (isDeepStrictEqual(got, wanted)) return;
    if (Date.now() > end) assert.deepEqual(got, wanted, what);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

export const id = (page, name) => page.getByTestId(name);
export const query = (page) => Object.fromEntries(new URL(page.url()).searchParams);

/** The numbers of a table's rows: [data-key, ...values of `columns`]; a column is a test id that has data-value. */
export async function exactRows(page, row, columns) {
  return id(page, row).evaluateAll((rows, names) => rows.map((one) => [
    one.dataset.key, ...names.map((name) => Number(one.querySelector(`[data-testid="${name}"]`).dataset.value)),
  ]), columns);
}

/** Press a button that downloads; the name and text of the file. */
export async function downloaded(page, press) {
  const [download] = await Promise.all([page.waitForEvent('download'), press()]);
  const pieces = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece);
  return { name: download.suggestedFilename(), text: Buffer.concat(pieces).toString('utf8') };
}
