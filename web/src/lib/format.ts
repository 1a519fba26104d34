/* Numbers, money, shares, times and durations as text, by the browser's Intl. Pure: the language, currency and
 * time zone come in. */

export interface Place {
  lang: string;
  currency: string;
  timezone: string;
}

export type Format = ReturnType<typeof formatter>;

const kept = new Map<string, Intl.NumberFormat>();
function numbers(lang: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = lang + JSON.stringify(options);
  let format = kept.get(key);
  if (!format) kept.set(key, (format = new Intl.NumberFormat(lang, options)));
  return format;
}

const UNITS: [number, 'day' | 'hour' | 'minute' | 'second'][] = [[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute'], [1000, 'second']];

export function formatter({ lang: dates, currency, timezone }: Place) {
  // English dates as 8 Nov 2025, English numbers as 25.1M.
  const lang = dates.startsWith('en') ? 'en-US' : dates;
  const minorDigits = numbers(lang, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const minorPerUnit = 10 ** minorDigits;

  const exact = (value: number, digits = 0) => numbers(lang, { maximumFractionDigits: digits }).format(value);
  const fixed = (value: number, digits: number) => numbers(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  /** 12.4K on a card; whole below 10,000. */
  const short = (value: number) => (Math.abs(value) < 10_000 ? exact(value, Math.abs(value) < 100 ? 1 : 0) : numbers(lang, { notation: 'compact', maximumFractionDigits: 1 }).format(value));

  const moneyExact = (minor: number) => {
    const whole = minor % minorPerUnit === 0;
    return numbers(lang, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: whole ? 0 : minorDigits, maximumFractionDigits: whole ? 0 : minorDigits }).format(minor / minorPerUnit);
  };
  /** Without cents, for cells whose title is exact. */
  const moneyWhole = (minor: number) => numbers(lang, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', maximumFractionDigits: 0 }).format(minor / minorPerUnit);
  /** For columns of small sums: always with cents. */
  const moneyFixed = (minor: number) => numbers(lang, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(minor / minorPerUnit);
  const moneyShort = (minor: number) => {
    const value = minor / minorPerUnit;
    const compact = Math.abs(value) >= 10_000;
    return numbers(lang, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: 0, maximumFractionDigits: compact ? 1 : 0, ...(compact ? { notation: 'compact' as const } : {}) }).format(value);
  };

  const percent = (share: number, digits = 1) => numbers(lang, { style: 'percent', maximumFractionDigits: digits }).format(share);
  /** For columns: always as many digits, so that they stand under each other. */
  const percentFixed = (share: number, digits = 1) => numbers(lang, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);
  /** "+12.4%", "−3%", "0%": a change always carries its sign. */
  const change = (share: number) => numbers(lang, { style: 'percent', maximumFractionDigits: Math.abs(share) < 1 ? 1 : 0, signDisplay: 'exceptZero' }).format(share);

  const date = (options: Intl.DateTimeFormatOptions, zone: string) => {
    const format = new Intl.DateTimeFormat(dates, { ...options, timeZone: zone });
    return (text: string) => format.format(new Date(text));
  };
  const day = date({ day: 'numeric', month: 'short', year: 'numeric' }, 'UTC');
  const dayShort = date({ day: 'numeric', month: 'short' }, 'UTC');
  const month = date({ month: 'short', year: 'numeric' }, 'UTC');
  const weekday = date({ weekday: 'short', day: 'numeric', month: 'short' }, 'UTC');
  const instant = date({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' }, timezone);
  const instantDay = date({ day: 'numeric', month: 'short', year: 'numeric' }, timezone);
  const instantShort = date({ day: 'numeric', month: 'short' }, timezone);
  const clock = date({ hour: '2-digit', minute: '2-digit', second: '2-digit' }, timezone);
  const hour = date({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }, timezone);

  const dayRange = (from: string, to: string) => {
    const format = new Intl.DateTimeFormat(dates, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
    return format.formatRange(new Date(from), new Date(to));
  };

  /** "3 d 4 h": two units at most. */
  const duration = (length: number) => {
    if (length < 1000) return numbers(lang, { style: 'unit', unit: 'second', unitDisplay: 'narrow', maximumFractionDigits: 1 }).format(length / 1000);
    const parts: string[] = [];
    let left = length;
    for (const [size, unit] of UNITS) {
      const count = Math.floor(left / size);
      if (count > 0) parts.push(numbers(lang, { style: 'unit', unit, unitDisplay: 'short' }).format(count));
      else if (parts.length) break;
      left -= count * size;
      if (parts.length === 2) break;
    }
    return parts.join(' ');
  };

  const relative = new Intl.RelativeTimeFormat(lang, { numeric: 'auto', style: 'short' });
  /** "5 min. ago" */
  const ago = (text: string, now: number) => {
    const passed = Date.parse(text) - now;
    for (const [size, unit] of UNITS) if (Math.abs(passed) >= size || unit === 'second') return relative.format(Math.round(passed / size), unit);
    return '';
  };

  const bytes = (count: number) => {
    const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
    const step = count < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(count) / 3));
    return numbers(lang, { style: 'unit', unit: names[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: step ? 1 : 0 }).format(count / 1000 ** step);
  };

  return { lang: dates, currency, minorPerUnit, exact, fixed, short, moneyExact, moneyWhole, moneyFixed, moneyShort, percent, percentFixed, change, day, dayShort, month, weekday, instant, instantDay, instantShort, clock, hour, dayRange, duration, ago, bytes };
}

/** The share by which a value changed; null where there is nothing to compare with. */
export const changeOf = (now: number | null, before: number | null | undefined) => (before && now !== null ? now / before - 1 : null);
