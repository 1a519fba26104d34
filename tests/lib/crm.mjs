// tests/lib/crm.mjs -- the CRM sample read by the letter of spec/3, slowly and without the server: what it must answer.
//
// Is:    the rows of the two files, staged; the tables of the V10 routes; attribution by every model.
// Never: shares a thought with src/: sorted lists and plain loops, money in BigInt.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const DAY = 86_400_000;
const PAID = ['facebook', 'instagram', 'tiktok', 'google', 'yandex'];

/** The sample has no quotes: lines and commas are enough. */
export function readCsv(file) {
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  const names = lines[0].trimEnd().split(',');
  return lines.slice(1).map((text, i) => {
    const cells = text.replace(/\r$/, '').split(',');
    return { line: i + 2, text, cells, row: Object.fromEntries(names.map((name, k) => [name, (cells[k] ?? '').trim()])), whole: cells.length === names.length };
  });
}

/** Milliseconds, or NaN when it is no date of the calendar. */
function instant(text) {
  const found = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  const day = new Date(`${found?.[1]}T00:00:00Z`); /* 2025-02-30 becomes another day */
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(found[1]) ? Date.parse(text) : NaN;
}

/** The table of spec/3, first match wins. */
export function platformOf(row) {
  const clean = (text) => text.trim().toLowerCase();
  const source = clean(row.utm_source), medium = clean(row.utm_medium), type = clean(row.source_type);
  if (source === 'email' || medium === 'email') return 'email';
  if (source === 'viber') return 'viber';
  if (['telegram', 'tg'].includes(source)) return 'telegram';
  if (['facebook', 'fb', 'meta'].includes(source)) return 'facebook';
  if (['instagram', 'ig'].includes(source)) return 'instagram';
  if (source === 'tiktok') return 'tiktok';
  if (['google', 'googleads', 'adwords'].includes(source)) return 'google';
  if (['yandex', 'yandexdirect'].includes(source)) return 'yandex';
  if (['paid_social', 'paidsocial'].includes(medium)) return 'paid_social';
  if (['cpc', 'ppc', 'paid_search', 'paidsearch', 'sem'].includes(medium)) return 'paid_search';
  if (type.includes('event')) return 'event';
  return 'unknown';
}

/**
 * The staged history: `clients` maps a client to its events in time order (ties as they came); an event is the row
 * with at, platform, paid, direct, amount (0n unless it signs a counted contract), date, nth, stage.
 */
export function readCrm(eventsFile, contractsFile, platform = platformOf) {
  const contracts = new Map();
  for (const { row } of readCsv(contractsFile)) contracts.set(row.doc_id, row);
  const seen = new Set(), signed = new Set(), rejects = [], clients = new Map();
  let repeats = 0;
  for (const { line, text, row, whole } of readCsv(eventsFile)) {
    const at = instant(row.event_at);
    if (!whole || !row.id_source || Number.isNaN(at)) {
      rejects.push({ line, text });
      continue;
    }
    if (seen.has(row.event_id)) {
      repeats++;
      continue;
    }
    seen.add(row.event_id);
    const contract = contracts.get(row.doc_id);
    const counts = contract && Number(contract.total_cost_of_the_contract) > 0 && !signed.has(row.doc_id);
    if (counts) signed.add(row.doc_id);
    const event = { ...row, at, platform: platform(row), amount: counts ? BigInt(contract.total_cost_of_the_contract) : 0n, date: counts ? contract.currentdate : null, is_contract: Boolean(counts) };
    event.paid = PAID.includes(event.platform) && row.campaign_id !== '';
    event.direct = [row.utm_source, row.utm_medium, row.utm_campaign, row.campaign_id, row.source_type].every((cell) => cell === '') ||
      ['direct', '(direct)', '$direct', '(none)'].includes(row.utm_source.toLowerCase());
    if (!clients.has(row.id_source)) clients.set(row.id_source, []);
    clients.get(row.id_source).push(event);
  }
  for (const events of clients.values()) {
    events.sort((a, b) => a.at - b.at); /* stable: ties keep their order */
    events.forEach((event, nth) => Object.assign(event, { nth, stage: nth === 0 ? 'first' : event.is_contract ? 'last' : 'mid' }));
  }
  return { clients, contracts: [...contracts.values()], repeats, rejects, events: [...clients.values()].flat() };
}

export function houseTouch(touches) {
  return touches.findLast((touch) => touch.paid) ?? touches[0];
}

/** Journeys by the house rule: all of the client's events up to and with the contract's. */
export function contractsOf(crm) {
  return [...crm.clients].flatMap(([client, events]) =>
    events.flatMap((event, i) => {
      if (!event.is_contract) return [];
      const touches = events.slice(0, i + 1);
      const days = Math.floor(event.at / DAY) - Math.floor(touches[0].at / DAY);
      return [{ client, event, touches, days, attributed: houseTouch(touches).platform }];
    }));
}

/** events, clients, contracts, revenue, stages of the events that have the key. */
export function tally(events, keyOf) {
  const rows = new Map();
  for (const event of events) {
    const key = keyOf(event);
    if (key === null) continue;
    if (!rows.has(key)) rows.set(key, { key, events: 0, clients: new Set(), contracts: 0, revenue: 0n, first: 0, mid: 0, last: 0 });
    const row = rows.get(key);
    row.events++;
    row.clients.add(event.id_source);
    row.contracts += event.is_contract;
    row.revenue += event.amount;
    row[event.stage]++;
  }
  for (const row of rows.values()) Object.assign(row, { clients: row.clients.size, revenue: Number(row.revenue) });
  return rows;
}

/* ---- attribution ---- */

export const MODELS = ['first', 'last', 'last_non_direct', 'last_paid', 'linear', 'position', 'time_decay', 'w_shaped'];

/** Weights of the touches, at least one, as whole numbers over their sum. */
function parts(model, touches, at, halfLife) {
  const n = touches.length;
  const only = (place) => touches.map((_, i) => (i === place ? 1n : 0n));
  switch (model) {
    case 'first': return only(0);
    case 'last': return only(n - 1);
    case 'last_non_direct': {
      const place = touches.findLastIndex((touch) => !touch.direct);
      return only(place < 0 ? n - 1 : place);
    }
    case 'last_paid': {
      const place = touches.findLastIndex((touch) => touch.paid);
      return only(place < 0 ? 0 : place);
    }
    case 'linear': return touches.map(() => 1n);
    case 'position': {
      if (n <= 2) return touches.map(() => 1n);
      return touches.map((_, i) => (i === 0 || i === n - 1 ? 2n * BigInt(n - 2) : 1n)); /* 40 %, 40 %, 20 % shared */
    }
    case 'w_shaped': return touches.map((_, i) => (i === 0 && n > 1 ? 3n * BigInt(n - 1) : 1n)); /* no milestones: 3/4, 1/4 shared */
    case 'time_decay': { /* shifted by the last touch's age: a common factor cancels */
      const youngest = touches[n - 1].at;
      return touches.map((touch) => BigInt(Math.floor(2 ** (-(youngest - touch.at) / halfLife) * 2 ** 52)));
    }
  }
  throw new Error(`no model ${model}`);
}

/**
 * An amount in minor units by weights: whole parts, then one more to the largest remainders, earlier ones first. What is
 * due is rounded to 1/grains first, if that is said.
 */
function split(amount, weights, grains) {
  const sum = weights.reduce((all, weight) => all + weight, 0n), total = grains ?? sum;
  const dues = weights.map((weight) => (grains ? (2n * amount * weight * grains + sum) / (2n * sum) : amount * weight));
  const shares = dues.map((due) => due / total);
  const order = dues.map((due, i) => ({ i, left: due % total }));
  order.sort((a, b) => (a.left < b.left ? 1 : a.left > b.left ? -1 : a.i - b.i));
  let rest = amount - shares.reduce((sum, share) => sum + share, 0n);
  for (const { i } of order) if (rest-- > 0n) shares[i] += 1n;
  return shares;
}

/**
 * DESIGN's definition over the whole history. touches: "events" (contracts are none) or "journey" (every event).
 * Gives rows by key {touches, models: {name: {conversions, revenue}}}, the row `unattributed`, and the journeys.
 */
export function attribute(crm, { touches = 'events', lookback = Infinity, halfLife = 7 * DAY, by = (event) => event.platform, exclude = [], from = -Infinity, to = Infinity } = {}) {
  const rows = new Map(), counted = new Set(), journeys = [];
  const unattributed = { touches: 0, models: Object.fromEntries(MODELS.map((model) => [model, { conversions: 0, revenue: 0n }])) };
  const rowOf = (key) => {
    if (!rows.has(key)) rows.set(key, { key, touches: 0, models: Object.fromEntries(MODELS.map((model) => [model, { conversions: 0, revenue: 0n }])) });
    return rows.get(key);
  };
  for (const events of crm.clients.values()) {
    events.forEach((conversion, place) => {
      if (!conversion.is_contract || conversion.at < from || conversion.at >= to) return;
      const window = events.slice(0, place + 1).filter((event) => event.at > conversion.at - lookback && (touches === 'journey' || !event.is_contract));
      const all = window.length ? window : [conversion];
      const kept = all.filter((event) => !exclude.includes(by(event)));
      const journey = { conversion, touches: kept, weights: {}, revenue: {} };
      journeys.push(journey);
      for (const event of kept) {
        if (!counted.has(event)) rowOf(by(event)).touches++;
        counted.add(event);
      }
      for (const model of MODELS) {
        if (kept.length === 0) {
          unattributed.models[model].conversions += 1;
          unattributed.models[model].revenue += conversion.amount * 100n;
          continue;
        }
        const weights = parts(model, kept, conversion.at, halfLife);
        const total = weights.reduce((sum, weight) => sum + weight, 0n);
        journey.weights[model] = weights.map((weight) => Number(weight) / Number(total));
        journey.revenue[model] = split(conversion.amount * 100n, weights, model === 'time_decay' ? 1n << 20n : undefined);
        kept.forEach((event, i) => {
          const cell = rowOf(by(event)).models[model];
          cell.conversions += journey.weights[model][i];
          cell.revenue += journey.revenue[model][i];
        });
      }
    });
  }
  return { rows, unattributed, journeys };
}

/** A cell of the server's against the oracle's: conversions to 1e-9, money to the minor unit. */
export function sameCell(got, want, where) {
  assert.ok(Math.abs(got.conversions - want.conversions) < 1e-9 * Math.max(1, want.conversions), `${where}: ${got.conversions} conversions, not ${want.conversions}`);
  assert.equal(BigInt(got.revenue), want.revenue, `${where}: revenue`);
}
