// tests/lib/history.mjs -- a made history of persons, and the batches in which it is sent.
//
// Is:    everything that makes questions hard, drawn from a seed: persons with several ids that are joined early, late
//        or never, in chains and across histories; events out of order, at the same millisecond, at midnight and where
//        the clock changes, exactly half an hour apart; repeats that say something else; refunds, other currencies.
// Owns:  nothing. The same seed is the same history.
// Never: knows an answer. A time is written so that the server takes it as it stands: `timestamp` beside
//        `originalTimestamp`, or no `sentAt` anywhere (contracts/segment.md, A7).
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const BYTES_MAX = 3_500_000, ITEMS_MAX = 2000; /* of a batch */

export const CONVERSION = 'Order Completed';
export const NAMES = ['Page Viewed', 'Screen Viewed', 'Sign Up', 'Add "To" Cart', 'Оплата', "Подписка на 'Клуб'", CONVERSION, 'Order Refunded', 'Checkout Started'];
const WEIGHTS = [30, 6, 7, 12, 5, 4, 9, 2, 4];
/** Paths into what events say of themselves; one has more values than stay apart. */
export const PROPERTIES = ['properties.plan', 'properties.items', 'properties.gift', 'properties.тариф', 'properties.place.city', 'properties.place.block.level', 'properties.note', 'properties.visit', 'properties.none', 'context.device.type'];
export const SOURCES = ['google', 'facebook', 'Яндекс', "o'reilly", 'news "letter"', 'direct'];
const MONEY = [{}, { currency: 'uah' }, { currency: 'USD' }, { currency: ' eur' }, { currency: 'JPY' }, { currency: 'PLN' }, { currency: 'зл' }];
/** In billionths of a hryvnia; złoty never have a rate. */
const RATES = { USD: 39_000_000_000, EUR: 43_000_000_000, JPY: 260_000_000 };
/** Around one of the two nights of a year on which the clock changes in Europe. */
const CENTRES = [Date.UTC(2024, 2, 31, 1), Date.UTC(2024, 9, 27, 1)];

/** mulberry32 */
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(n) {
    return Math.floor(this.next() * n);
  }

  between(low, high) {
    return low + this.below(high - low + 1);
  }

  chance(share) {
    return this.next() < share;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  weighted(list, weights) {
    let at = this.next() * weights.reduce((sum, weight) => sum + weight);
    return list[weights.findIndex((weight) => (at -= weight) < 0)];
  }
}

/**
 * About `events` items as they arrive, and `rates` of some of their currencies. `alwaysId`: each has a messageId, so that all can be sent again.
 */
export function makeHistory(seed, { events = 600, alwaysId = false } = {}) {
  const random = new Random(seed);
  const maker = new Maker(random, random.pick(CENTRES), alwaysId);
  const persons = Math.max(3, Math.ceil(events / random.between(8, 20)));

  for (let i = 0; i < persons; i++) maker.addPerson(i);
  while (maker.items.length < events) maker.addSession(random.chance(0.03) ? maker.persons[0] : random.pick(maker.persons)); /* one of much */
  maker.joinStrangers(Math.ceil(persons / 8));
  return { seed, items: arrive(maker, random), rates: ratesAround(maker.centre, new Random(seed + 5)) };
}

/** What currencies are worth, as the route has it; the first days of each have no rate. */
function ratesAround(centre, random) {
  const rates = Object.entries(RATES).flatMap(([currency, about]) => {
    const days = Array.from({ length: 7 }, () => random.between(-28, 30));
    return [...new Set(days)].map((day) => ({ currency, day: new Date(centre + day * DAY).toISOString().slice(0, 10), rate: (Math.floor(about * (0.8 + 0.4 * random.next())) / 1e9).toFixed(9) }));
  });
  return rates.map((rate) => [random.next(), rate]).sort(([a], [b]) => a - b).map(([, rate]) => rate);
}

class Maker {
  constructor(random, centre, alwaysId) {
    this.random = random;
    this.centre = centre;
    this.alwaysId = alwaysId;
    this.items = []; /* { at, item, place }: place, if given, is where it arrives, 0..1 of the whole */
    this.persons = [];
    this.campaigns = Array.from({ length: 9 }, (_, i) => this.campaign(i));
    this.n = 0;
  }

  campaign(i) {
    const { random } = this;
    return {
      source: i < SOURCES.length ? SOURCES[i] : random.pick(SOURCES),
      ...(random.chance(0.7) && { medium: random.pick(['cpc', 'email', 'social']) }),
      ...(random.chance(0.7) && { name: random.pick(['Spring', 'Весна "24"', "it's", 'x:y', ' Trimmed ']) }),
      ...(random.chance(0.3) && { id: String(random.between(1, 3)) }),
      ...(random.chance(0.3) && { content: random.pick(['banner', 'ролик']) }),
      ...(random.chance(0.3) && { term: random.pick(['shoes', 'обувь']) }),
      ...(random.chance(0.1) && { creative: 'c1' }),
    };
  }

  addPerson(i) {
    const { random } = this;
    const ids = (kind, n) => Array.from({ length: n }, (_, k) => `${kind}${i}-${k}`);
    const person = { users: random.chance(0.2) ? [1000 + i] : ids('user', random.between(1, 2)), anonymous: ids('анон "', random.between(1, 4)), centre: this.instant() };
    this.persons.push(person);
    for (const anonymous of person.anonymous) if (random.chance(0.7)) this.addIdentify(anonymous, random.pick(person.users), person);
    if (person.users.length === 2 && random.chance(0.6)) this.addAlias(person.users[0], person.users[1], person.centre);
  }

  /** Whole history: often at an edge of something. */
  instant() {
    const { random, centre } = this;
    const near = centre + random.between(-35, 35) * DAY;
    const edge = near - (near % HOUR) + random.pick([-1, 0, 1, 1000, 59 * MINUTE]);
    return random.chance(0.3) ? edge + random.between(-3, 3) * HOUR
      : random.chance(0.1) ? centre + random.between(-2 * HOUR, 2 * HOUR) : near + random.below(DAY);
  }

  put(item, at, place) {
    const { random } = this;
    const id = this.alwaysId || random.chance(0.97) ? { messageId: `m${this.n}` } : {};
    const only = random.chance(0.1) && (random.chance(0.5) ? 'timestamp' : 'originalTimestamp');
    const text = written(at, random);
    const times = only ? { [only]: text } : { timestamp: text, originalTimestamp: written(at - random.below(DAY), random) };
    this.n++;
    this.items.push({ at, place, item: { ...id, ...item, ...times, ...(!only && random.chance(0.2) && { sentAt: written(at + random.below(DAY), random) }) } });
  }

  /** Calls that join arrive at the beginning, in the middle, in the end. */
  place() {
    return this.random.weighted([0, this.random.next(), 1], [1, 2, 1]);
  }

  addIdentify(anonymousId, userId, person) {
    const { random } = this;
    const traits = { ...(random.chance(0.2) && { client_id: `c${person.users[0]}` }), ...(random.chance(0.2) && { telegram_id: 7_000_000 + this.persons.length }) };
    this.put({ type: 'identify', anonymousId, userId, ...(random.chance(0.5) ? { traits } : { context: { traits } }) }, person.centre, this.place());
  }

  addAlias(previousId, userId, at) {
    this.put({ type: 'alias', previousId, userId }, at, this.place());
  }

  /** Persons who both have a history turn out to be one, in pairs and in chains. */
  joinStrangers(times) {
    const { random, persons } = this;
    for (let i = 0; i < times; i++) {
      const chain = Array.from({ length: random.between(2, 4) }, () => random.pick(persons));
      for (let k = 0; k + 1 < chain.length; k++) this.addAlias(random.pick([...chain[k].users, ...chain[k].anonymous]), random.pick(chain[k + 1].users), this.instant());
    }
  }

  addSession(person) {
    const { random } = this;
    const campaign = random.chance(0.55) ? random.pick(this.campaigns) : undefined;
    const who = this.who(person);
    let at = random.chance(0.6) ? person.centre + random.between(-6 * DAY, 6 * DAY) : this.instant();

    for (let left = random.between(1, 8); left > 0; left--) {
      const says = random.chance(0.1) ? random.pick(this.campaigns) : random.chance(0.5) ? campaign : undefined;
      this.addEvent(random.chance(0.2) ? this.who(person) : who, at, says);
      at += random.weighted([0, 1, random.below(10_000), random.below(20 * MINUTE), 30 * MINUTE, 30 * MINUTE + 1, 7 * DAY], [12, 3, 30, 30, 6, 6, 1]);
    }
  }

  who({ users, anonymous }) {
    const { random } = this;
    const userId = random.pick(users), anonymousId = random.pick(anonymous);
    const text = typeof userId === 'number' && random.chance(0.5) ? String(userId) : userId;
    return random.weighted([{ anonymousId }, { anonymousId, userId: '' }, { userId: text }, { userId: text, anonymousId }], [50, 5, 35, 10]);
  }

  addEvent(who, at, campaign) {
    const { random } = this;
    const name = random.weighted(NAMES, WEIGHTS);
    const item = { type: { 'Page Viewed': 'page', 'Screen Viewed': 'screen' }[name] ?? 'track', ...who, properties: { ...this.money(name), ...this.details() } };
    if (item.type === 'track') item.event = random.chance(0.03) ? ` ${name} ` : name;
    if (campaign) item.context = { campaign };
    if (random.chance(0.3)) item.context = { ...item.context, device: { type: random.pick(['phone', 'desk "top"', 3]) } };
    if (random.chance(0.01)) this.put({ type: 'group', groupId: 'g', ...who }, at);
    if (random.chance(0.01)) this.put({ type: 'track', event: name, properties: item.properties }, at); /* nobody's: set aside */
    this.put(item, at);
  }

  /** Properties of every kind a value may have, and of none. */
  details() {
    const { random } = this;
    return {
      ...(random.chance(0.6) && { plan: random.pick(['free', 'pro', 'Про "макс"', 'a\\b', 'two\nlines', '', '2', 'true', null, ['free'], 2, true]) }),
      ...(random.chance(0.6) && { items: random.pick([random.below(5), random.below(5), random.below(1000) / 8, -1.5, 1234567.25, '2', null]) }),
      ...(random.chance(0.5) && { gift: random.chance(0.5) }),
      ...(random.chance(0.5) && { тариф: random.pick(['малый', 'большой']) }),
      ...(random.chance(0.5) && { place: random.pick([{ city: 'Київ', block: { level: random.below(3) } }, { city: 'Lviv' }, 'nowhere', { block: 'none' }, [{ city: 'x' }]]) }),
      ...(random.chance(0.05) && { note: `${random.pick(['x', 'xy'])}${'ї'.repeat(random.pick([127, 128, 200]))}` }),
      ...(random.chance(0.6) && { visit: `v${this.n}` }),
    };
  }

  money(name) {
    const { random } = this;
    const amount = random.chance(0.1) ? random.pick([0, 1, 3]) : random.below(random.pick([100, 10_000, 1_000_000]));
    const major = random.chance(0.2) ? (amount / 100).toFixed(2) : amount / 100;
    const currency = random.weighted(MONEY, [60, 10, 10, 8, 8, 2, 2]);
    if (name === CONVERSION) return { [random.pick(['revenue', 'revenue', 'total', 'value'])]: random.chance(0.05) ? -amount / 100 : major, ...currency };
    if (name === 'Order Refunded') return { [random.pick(['revenue', 'total'])]: random.chance(0.5) ? major : -amount / 100, ...currency };
    if (name === 'Checkout Started') return { revenue: major };
    return random.chance(0.1) ? { revenue: major, ...currency } : random.chance(0.1) ? { total: major } : {};
  }
}

/** An instant in the way of one of several clients, to the millisecond. */
function written(at, random) {
  const hours = random.pick([0, 0, 2, 3, -5]);
  const text = new Date(at + hours * HOUR).toISOString().slice(0, -1);
  return hours === 0 ? `${text}Z` : `${text}${hours < 0 ? '-' : '+'}0${Math.abs(hours)}:00`;
}

/** The order of arrival: roughly that of time, some late, calls that join where they should; with repeats. */
function arrive({ items }, random) {
  const late = random.pick([0.05, 0.3, 1]);
  const shares = new Map();
  items.map(({ at }) => at).sort((a, b) => a - b).forEach((at, i) => shares.has(at) || shares.set(at, i / items.length));
  const order = items.map(({ at, item, place }) => ({ item, place: place ?? (random.chance(late) ? random.next() : shares.get(at)) }));

  for (const { item } of items) {
    if (!item.messageId || !random.chance(0.06)) continue;
    const other = random.pick(items).item, stamp = other.timestamp ?? other.originalTimestamp;
    const changed = random.weighted([{}, { timestamp: stamp, originalTimestamp: stamp }, { userId: other.userId ?? '' }], [4, 1, 1]);
    order.push({ item: { ...item, ...changed }, place: random.next() });
  }
  order.sort((a, b) => a.place - b.place);
  return JSON.parse(JSON.stringify(order.map(({ item }) => item))); /* as the wire has them: no -0, no undefined */
}

/** Cut items into bodies for the server, one after another; of one item it may be a call of its own. */
export function batchesOf(items, random, most = 200) {
  const batches = [];
  for (let i = 0; i < items.length;) {
    const some = items.slice(i, i + Math.min(random.between(1, most), ITEMS_MAX));
    const single = some.length === 1 && random.chance(0.5);
    const sent = some.every(({ timestamp, originalTimestamp }) => timestamp && originalTimestamp) && random.chance(0.7) && { sentAt: '2024-06-01T00:00:00Z' };
    let body = JSON.stringify(single ? some[0] : { batch: some, ...sent });
    if (random.chance(0.3)) body = body.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    if (body.length > BYTES_MAX) throw new Error('a batch is too large');
    batches.push({ path: `/v1/${single ? some[0].type : 'batch'}`, body, items: some.length });
    i += some.length;
  }
  return batches;
}
