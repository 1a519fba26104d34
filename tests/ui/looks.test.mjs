// How every page looks and whether everybody can use it: pictures of each at both widths, in both themes and both
// languages (tests/ui/shots/, for people), names on every control, a heading, a visible focus, no sideways scroll.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { adDaysCsv } from '../lib/ad_days.mjs';
import { importAds } from '../lib/ad_imports.mjs';
import { PHONE, Site, eventually, id, open, settled } from '../lib/browser.mjs';
import { ROOT, until } from '../lib/server.mjs';
import { socialAdsCsv } from '../lib/social_ads.mjs';

const SHOTS = path.join(ROOT, 'tests/ui/shots');
rmSync(SHOTS, { recursive: true, force: true });
mkdirSync(SHOTS, { recursive: true });

const site = await Site.open();
const fresh = await Site.open({ history: false });
/* Something for the live stream to show: kept, repeated, rejected. */
const orders = ['google', 'facebook', 'email'].map((source, i) => ({
  type: 'track', userId: `live-${i}`, event: 'Order Completed', messageId: `live-${i}`, timestamp: '2025-11-08T12:00:00Z',
  properties: { revenue: 990 + i, currency: 'UAH' }, context: { campaign: { source, medium: 'cpc', name: 'spring' } },
}));
await site.server.send('batch', { batch: [...orders, orders[0], { type: 'track', event: 'No One', messageId: 'no-one' }] });
await importAds(site.server, adDaysCsv());
await importAds(site.server, socialAdsCsv({ rows: 400, seed: 2 }));
await site.server.post('/api/v1/segments', {
  name: 'Bought, came by google', kind: 'filter',
  definition: { match: 'all', conditions: [{ kind: 'event', event: 'Order Completed', at_least: 1, filter: ['medium:is:cpc'] }, { kind: 'event', not: true, event: '*', last_days: 30 }, { kind: 'first_touch', filter: ['platform:is:google'] }] },
});
/* Ads: a campaign by hand, a file that was read in and one that waits for its columns, a budget. */
await site.server.post('/api/campaigns/', { campaign_id: 'autumn', channel_used: 'Facebook', date: '2025-10-01', clicks: 1200, impressions: 90000, roi: 1.4, target_audience: 'Women 25-34' });
const { id: adFile } = (await site.server.request('POST', '/api/v1/ad-imports?name=brand.csv', { body: `date,source,account_id,campaign_id,campaign_name,impressions,clicks,cost,currency\n${[1, 2, 3, 4].map((day) => `2025-10-0${day},google_ads,a1,7,brand,1000,${day * 10},${day}0.50,EUR`).join('\n')}\n` })).json();
await site.server.post(`/api/v1/ad-imports/${adFile}/start`, {});
await until('the ad file to be read', async () => (await site.server.get(`/api/v1/ad-imports/${adFile}`)).state === 'done');
const { id: newFile } = (await site.server.request('POST', '/api/v1/ad-imports?name=export.csv', { body: 'Day;Clicks;Views;Spent;Group\n01.10.2025;5;100;1,50;x\n02.10.2025;7;120;2,50;y\n' })).json();
await site.server.post('/api/v1/budgets', { name: 'October', first_day: '2025-10-01', last_day: '2025-10-31', amount: 2000000 });
const { page: canvas } = await site.visit({ token: null });
const SIGNED = 'conversion=Contract+Signed';

/** name: address, whose, who. Each at both widths, in both themes and both languages. */
const PAGES = {
  'overview': { at: `/?${SIGNED}` },
  'explore': { at: `/explore?by=platform&metric=revenue,events&kind=area&${SIGNED}` },
  'funnel': { at: '/funnel' },
  'attribution': { at: `/attribution?${SIGNED}` },
  'channels': { at: '/channels?conversion=Order+Completed' },
  'channels-empty': { at: '/channels', where: fresh },
  'retention': { at: '/retention?start=Page+Viewed&range=90d' },
  'paths': { at: '/paths' },
  'persons': { at: '/persons' },
  'person': { at: '/persons/c%3AC00657' },
  'segments': { at: '/segments' },
  'data-sources': { at: '/data/sources' },
  'data-live': { at: '/data/live' },
  'data-imports': { at: '/data/imports' },
  'data-rejects': { at: '/data/rejects' },
  'data-rules': { at: '/data/rules' },
  'channel-campaigns': { at: '/channels/campaigns' },
  'channel-matching': { at: '/channels/matching' },
  'channel-money': { at: '/channels/money' },
  'channel-connectors': { at: '/channels/connectors' },
  'channel-import': { at: '/channels/import' },
  'channel-jobs': { at: '/channels/jobs' },
  'welcome': { at: '/', where: fresh },
  'login': { at: '/', token: null, expected: [/401/] },
};
/** States of a page that look different: light at a desk in English, dark on a phone in Russian. */
const STATES = {
  'overview-compared': { at: `/?${SIGNED}&range=90d&compare=previous&filter=platform:is_not:unknown` },
  'funnel-by': { at: '/funnel?by=platform&range=90d&compare=previous' },
  'funnel-campaigns': { at: '/funnel?campaigns=paid_search' },
  'attribution-journeys': { at: `/attribution?${SIGNED}&cell=linear:paid_search` },
  'attribution-orders': { at: '/attribution?conversion=Order+Completed' },
  'attribution-difference': { at: '/attribution?conversion=Order+Completed&view=difference' },
  'explore-compared': { at: '/explore?range=30d&compare=previous&metric=events,persons,rate' },
  'person-visits': { at: '/persons/u%3Auser-1?range=90d' },
  'retention-by': { at: '/retention?start=Page+Viewed&range=90d&by=platform' },
  'retention-ltv': { at: '/retention?start=Page+Viewed&range=90d&by=platform&measure=ltv' },
  'explore-money': { at: '/explore?conversion=Order+Completed&metric=arpu,session_ms,stickiness&by=platform&kind=bar' },
  'channels-campaign': { at: '/channels?conversion=Order+Completed&range=30d&channel=Instagram&campaign=meta:meta-1:300&metric=cpa&credit=ad&measure=revenue&best=rate' },
  'overview-segment': { at: '/?conversion=Order+Completed&segment=1' },
  'segment-editor': { at: '/segments?edit=1' },
  'paths-people': { at: '/paths?people=1&people=event:Product+Viewed' },
  'paths-to': { at: '/paths?anchor=Order+Completed&direction=to&window=7d&limit=8' },
  'data-uncounted': { at: '/data/imports?contracts=uncounted' },
  'channel-campaign': { at: '/channels/campaigns?campaign=google_ads:a1:7' },
  'channel-make': { at: '/channels/campaigns?make=1' },
  'channel-budget': { at: '/channels/money?budget=new' },
  'channel-connect': { at: '/channels/connectors?connect=meta' },
  'channel-columns': { at: `/channels/import?import=${newFile}` },
  'channel-result': { at: `/channels/import?import=${adFile}` },
  'data-reject': { at: '/data/rejects?reject=4' },
};
const WIDE = { width: 1440, height: 900 };
const SMALL = { width: 360, height: 740 };


/** A picture of the whole page, in a window as high as the page, so that what is fixed to it stands at its end; of an
 * open dialog in the window as it is. */
async function shoot(page, name, size) {
  const height = await page.evaluate(() => (document.querySelector('dialog[open]') ? innerHeight : Math.max(document.documentElement.scrollHeight, innerHeight)));
  await page.setViewportSize({ width: size.width, height: Math.min(height, 4000) });
  const png = await page.screenshot({ path: path.join(SHOTS, `${name}.png`), animations: 'disabled' });
  await page.setViewportSize(size);
  return png;
}

/** How many colours a picture has, and the share of the most frequent; by 65,536 of its pixels. */
async function colours(png) {
  return canvas.evaluate(async (address) => {
    const image = await createImageBitmap(await (await fetch(address)).blob());
    const context = new OffscreenCanvas(256, 256).getContext('2d');
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, 256, 256);
    const counts = new Map();
    for (const pixel of new Uint32Array(context.getImageData(0, 0, 256, 256).data.buffer)) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    return { count: counts.size, most: Math.max(...counts.values()) / 65536 };
  }, `data:image/png;base64,${png.toString('base64')}`);
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

/** The page is no wider than its window; a window that was just made smaller may need a moment. */
const fits = (page) => eventually('wider than the window by', () => page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0);

/** Controls that stand over the edge of their panel, but for those of a thing that is scrolled. */
const outside = (page) => page.evaluate(() => [...document.querySelectorAll('main .panel')].flatMap((panel) => {
  const { left, right } = panel.getBoundingClientRect();
  const over = (one) => { const box = one.getBoundingClientRect(); return box.width > 0 && (box.right > right || box.left < left); };
  return [...panel.querySelectorAll('button, select, input, a[href]')].filter((one) => one.checkVisibility() && !one.closest('.table-scroll, .segmented, .tabs, .unseen, dialog') && over(one)).map((one) => one.outerHTML.slice(0, 120));
}));

/** The page as it is open: names, nothing over an edge, no sideways scroll, a picture in each theme. */
async function look(page, name, size, schemes) {
  assert.deepEqual(await nameless(page), []);
  assert.deepEqual(await outside(page), []);
  await fits(page);
  for (const scheme of schemes) {
    await page.emulateMedia({ colorScheme: scheme });
    await settled(page);
    const { count, most } = await colours(await shoot(page, `${name}-${size.width}-${scheme}`, size));
    assert.ok(count > 40 && most < 0.99, `blank: ${count} colours, ${most} of one`);
  }
}

for (const [name, { at, where = site, ...options }] of Object.entries(PAGES)) {
  for (const lang of ['en', 'ru']) {
    where.test(`${name} in ${lang}: four pictures, names, no sideways scroll`, { ...options, lang }, async (page) => {
      for (const size of [WIDE, PHONE]) {
        await page.setViewportSize(size);
        await open(page, at);
        await look(page, `${name}-${lang}`, size, ['light', 'dark']);
      }
      await page.setViewportSize(SMALL);
      await fits(page);
    });
  }
}

for (const [name, { at }] of Object.entries(STATES)) {
  site.test(`${name}: two pictures, names, no sideways scroll`, { at }, async (page) => {
    await look(page, `${name}-en`, WIDE, ['light']);
    await page.setViewportSize(PHONE);
    await open(page, `${at}&lang=ru`);
    await look(page, `${name}-ru`, PHONE, ['dark']);
    await page.setViewportSize(SMALL);
    await fits(page);
  });
}

site.test('the numbers of a column end under each other', { at: '/attribution?conversion=Order+Completed&models=first,linear' }, async (page) => {
  const ends = await page.evaluate(() => [...document.querySelectorAll('[data-testid="matrix-table"] :is(tbody, tfoot) tr')].map((row) => [...row.cells].slice(1).map((cell) => {
    const range = document.createRange(), all = [...(cell.querySelector('.cell') ?? cell).childNodes];
    range.selectNode(all.find((one) => one.nodeType === Node.TEXT_NODE) ?? all[0]);
    return Math.round(range.getBoundingClientRect().right);
  })));
  assert.equal(ends[0].length, 6, 'touches, two models, spend, CAC, ROAS');
  for (const row of ends) assert.deepEqual(row, ends[0]);
});

site.test('on a phone the bar of pages covers nothing at the end of a page', { viewport: PHONE }, async (page) => {
  for (const address of [`/?${SIGNED}`, '/explore', '/funnel', `/attribution?${SIGNED}`, '/retention', '/paths', '/data/rules', '/persons', '/persons/c%3AC00657', '/channels/campaigns', '/channels/money']) {
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

for (const address of [`/?${SIGNED}`, '/explore', '/funnel', `/attribution?${SIGNED}`, '/retention', '/paths', '/persons/c%3AC00657', '/data/sources', '/data/rules', '/channels/matching', '/channels/money', `/channels/import?import=${newFile}`]) {
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

for (const [button, dialog] of [['open-help', 'help'], ['open-palette', 'palette']]) {
  site.test(`a dialog keeps the focus and gives it back: ${dialog}`, { at: '/' }, async (page) => {
    await id(page, button).focus();
    await page.keyboard.press('Enter');
    await id(page, dialog).waitFor();
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null), true);
    }
    await page.keyboard.press('Escape');
    await eventually('the focus is back', () => page.evaluate(() => document.activeElement.dataset.testid), button);
  });
}
