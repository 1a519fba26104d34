// How every page looks and whether everybody can use it: pictures of each at both widths, in both themes and both
// languages (tests/ui/shots/, for people), names on every control, a heading, a visible focus, no sideways scroll.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PHONE, Site, id, open, settled } from '../lib/browser.mjs';
import { ROOT } from '../lib/server.mjs';

const SHOTS = path.join(ROOT, 'tests/ui/shots');
rmSync(SHOTS, { recursive: true, force: true });
mkdirSync(SHOTS, { recursive: true });

const site = await Site.open();
const fresh = await Site.open({ history: false });
const SIGNED = 'conversion=Contract+Signed';

/** name: [address, site, who]; every page and every state of one that looks different. */
const PAGES = {
  'overview': [`/?${SIGNED}`],
  'overview-compared': [`/?${SIGNED}&range=90d&compare=previous&filter=platform:is_not:unknown`],
  'funnel': ['/funnel'],
  'funnel-by': ['/funnel?by=platform&range=90d&compare=previous'],
  'funnel-campaigns': ['/funnel?campaigns=paid_search'],
  'attribution': [`/attribution?${SIGNED}`],
  'attribution-journeys': [`/attribution?${SIGNED}&cell=linear:paid_search`],
  'attribution-orders': ['/attribution?conversion=Order+Completed'],
  'person': ['/persons/c%3AC00657'],
  'data-sources': ['/data/sources'],
  'data-live': ['/data/live'],
  'data-imports': ['/data/imports'],
  'data-uncounted': ['/data/imports?contracts=uncounted'],
  'data-rejects': ['/data/rejects'],
  'data-reject': ['/data/rejects?reject=4'],
  'data-rules': ['/data/rules'],
  'welcome': ['/', fresh],
  'login': ['/', site, null],
};
const WIDTHS = { 1440: { width: 1440, height: 900 }, 390: PHONE };

/** A picture of the whole page, in a window as high as the page, so that what is fixed to it stands at its end. */
async function shoot(page, name, size) {
  const height = await page.evaluate(() => Math.max(document.documentElement.scrollHeight, innerHeight));
  await page.setViewportSize({ width: size.width, height: Math.min(height, 4000) });
  const png = await page.screenshot({ path: path.join(SHOTS, `${name}.png`), animations: 'disabled' });
  await page.setViewportSize(size);
  return png;
}

/** How many colours a picture has, and the share of the most frequent. */
async function colours(canvas, png) {
  return canvas.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    return { count: counts.size, most: Math.max(...counts.values()) / pixels.length };
  }, png.toString('base64'));
}

/** What wants a name, a heading or a label and has none. */
const nameless = (page) => page.evaluate(() => {
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const called = (element) => {
    const ids = element.getAttribute('aria-labelledby')?.split(' ') ?? [];
    const texts = [element.getAttribute('aria-label'), ...ids.map((one) => document.getElementById(one)?.textContent), ...[...(element.labels ?? [])].map((label) => label.textContent), element.matches('button, a') ? element.textContent : ''];
    return texts.some((text) => text?.trim());
  };
  const top = document.querySelector('dialog[open]') ?? document;
  const bad = [...top.querySelectorAll('button, a[href], input, select, textarea, [role="img"], [role="dialog"], dialog')].filter((one) => seen(one) && !called(one)).map((one) => one.outerHTML.slice(0, 160));
  const headings = document.querySelectorAll('h1').length;
  return [...bad, ...(headings === 1 ? [] : [`${headings} h1`]), ...(document.title.trim() ? [] : ['no title'])];
});

/** By how much the page is wider than its window. */
const overhang = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

for (const [name, [address, where = site, token]] of Object.entries(PAGES)) {
  for (const lang of ['en', 'ru']) {
    where.test(`${name} in ${lang}: four pictures, names, no sideways scroll`, { ...(token === null ? { token } : {}), lang, expected: token === null ? [/401/] : [] }, async (page, { context }) => {
      const canvas = await context.newPage();
      for (const [width, size] of Object.entries(WIDTHS)) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme: 'light' });
        await open(page, address);
        assert.deepEqual(await nameless(page), []);
        assert.ok((await overhang(page)) <= 0, `${name} at ${width} is ${await overhang(page)} px too wide`);
        for (const scheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme: scheme });
          await settled(page);
          const { count, most } = await colours(canvas, await shoot(page, `${name}-${width}-${scheme}-${lang}`, size));
          assert.ok(count > 40 && most < 0.99, `${name} is blank: ${count} colours, ${most} of one`);
        }
      }
      await page.setViewportSize({ width: 360, height: 740 });
      assert.ok((await overhang(page)) <= 0, `${name} at 360 is ${await overhang(page)} px too wide`);
    });
  }
}

site.test('on a phone the bar of pages covers nothing at the end of a page', { viewport: PHONE }, async (page) => {
  for (const address of [`/?${SIGNED}`, '/funnel', `/attribution?${SIGNED}`, '/data/rules', '/persons/c%3AC00657']) {
    await open(page, address);
    const { end, bar } = await page.evaluate(() => {
      scrollTo(0, document.documentElement.scrollHeight);
      return { end: document.querySelector('main').lastElementChild.getBoundingClientRect().bottom, bar: document.querySelector('[data-testid="sidebar"]').getBoundingClientRect().top };
    });
    assert.ok(end <= bar, `${address}: content ends at ${end}, the bar begins at ${bar}`);
  }
});

site.test('the range and the filter open whole on a phone', { viewport: PHONE, at: `/?${SIGNED}` }, async (page) => {
  for (const [button, last] of [['range-button', 'range-apply'], ['add-filter', 'filter-apply']]) {
    await id(page, button).click();
    await id(page, last).scrollIntoViewIfNeeded();
    const box = await id(page, last).boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width && box.y >= 0 && box.y + box.height <= PHONE.height, JSON.stringify(box));
    await page.screenshot({ path: path.join(SHOTS, `${button}-390.png`) });
    await page.keyboard.press('Escape');
  }
});

for (const address of [`/?${SIGNED}`, '/funnel', `/attribution?${SIGNED}`, '/data/sources', '/data/rules']) {
  site.test(`focus is seen wherever Tab goes: ${address}`, { at: address }, async (page) => {
    const stops = new Set();
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip/);
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === document.body) return null;
        const style = getComputedStyle(element);
        return { what: element.outerHTML.slice(0, 120), shown: element.checkVisibility(), marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 };
      });
      if (!stop) break;
      stops.add(stop.what);
      assert.ok(stop.shown && stop.marked, `focus is not seen on ${stop.what}`);
    }
    assert.ok(stops.size > 10, `${stops.size} stops`);
  });
}

site.test('a dialog keeps the focus and gives it back', { at: '/' }, async (page) => {
  await id(page, 'open-help').focus();
  await page.keyboard.press('Enter');
  await id(page, 'help').waitFor();
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null), true);
  }
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'open-help');
});
