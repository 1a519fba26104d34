/* The figures of ads: how each is written, and what a change of it means. Pure. */
import type { Format } from './format';

export const FIGURES = ['spend', 'revenue', 'roas', 'roi', 'conversions', 'cpa', 'clicks', 'ctr', 'cpc', 'impressions', 'cpm', 'reach'] as const;
export type FigureName = (typeof FIGURES)[number];
export type Figures = Record<FigureName, number | null>;

/** Averages over campaigns, each of which counts once. Costs in units of the currency. */
export const MEANS = ['avg_roi', 'avg_conversion_rate', 'avg_acquisition_cost', 'total_campaigns', 'total_clicks', 'total_impressions'] as const;
export type MeanName = (typeof MEANS)[number];

type Kind = 'money' | 'units' | 'count' | 'decimal' | 'share' | 'times';
const KINDS: Record<FigureName | MeanName, Kind> = {
  spend: 'money', revenue: 'money', roas: 'times', roi: 'share', conversions: 'decimal', cpa: 'money', clicks: 'count', ctr: 'share', cpc: 'money', impressions: 'count', cpm: 'money', reach: 'count',
  avg_roi: 'decimal', avg_conversion_rate: 'share', avg_acquisition_cost: 'units', total_campaigns: 'count', total_clicks: 'count', total_impressions: 'count',
};

/** Adds up over channels and days. */
export const ADDS_UP: ReadonlySet<string> = new Set<FigureName>(['spend', 'revenue', 'conversions', 'clicks', 'impressions']);

/** null: neither good nor bad in itself. */
export function goodWhenMore(name: FigureName | MeanName): boolean | null {
  if (name === 'spend' || name === 'total_campaigns') return null;
  return !['cpa', 'cpc', 'cpm', 'avg_acquisition_cost'].includes(name);
}

type Maybe = number | null | undefined;

/** `cell`: as many digits in every row of a column. */
export function figureText(name: FigureName | MeanName, fmt: Format) {
  const dash = (text: (value: number) => string) => (value: Maybe) => (value == null ? '–' : text(value));
  const minor = (value: number) => Math.round(value * fmt.minorPerUnit);
  switch (KINDS[name]) {
    case 'money': return { short: dash(shortMoney(fmt)), exact: dash((value) => fmt.moneyExact(Math.round(value))), cell: dash((value) => fmt.moneyFixed(Math.round(value))) };
    case 'units': return { short: dash((value) => shortMoney(fmt)(minor(value))), exact: dash((value) => fmt.moneyExact(minor(value))), cell: dash((value) => fmt.moneyFixed(minor(value))) };
    case 'share': return { short: dash(fmt.percent), exact: dash((value) => fmt.percent(value, 3)), cell: dash((value) => fmt.percentFixed(value, 2)) };
    case 'times': return { short: dash((value) => `${fmt.fixed(value, 2)}×`), exact: dash((value) => `${fmt.exact(value, 4)}×`), cell: dash((value) => `${fmt.fixed(value, 2)}×`) };
    case 'decimal': return { short: dash((value) => (name === 'avg_roi' ? fmt.fixed(value, 2) : fmt.short(value))), exact: dash((value) => fmt.exact(value, 3)), cell: dash((value) => (name === 'avg_roi' ? fmt.fixed(value, 2) : fmt.exact(value, 1))) };
    case 'count': return { short: dash(fmt.short), exact: dash((value) => fmt.exact(value)), cell: dash((value) => fmt.exact(value)) };
  }
}

/** A click costs less than a unit: without its cents nothing would be left. */
const shortMoney = (fmt: Format) => (minor: number) => (minor && Math.abs(minor) < 100 * fmt.minorPerUnit ? fmt.moneyFixed(Math.round(minor)) : fmt.moneyShort(minor));

export const unitOf = (name: FigureName | MeanName): 'money' | 'share' | undefined => (KINDS[name] === 'money' || KINDS[name] === 'units' ? 'money' : KINDS[name] === 'share' ? 'share' : undefined);

/** For exports and sorting: money in whole units with its decimals. */
export const figureCell = (name: FigureName | MeanName, value: Maybe, perUnit: number): number | null => (value == null ? null : KINDS[name] === 'money' ? Math.round(value) / perUnit : value);

/** What a platform's word for a state means; it is shown as the platform has it. */
export function stateOf(status: string | null): 'active' | 'paused' | 'gone' | '' {
  if (!status) return '';
  if (/delet|remov|archiv|удал|архив/i.test(status)) return 'gone';
  if (/paus|disab|inactiv|off|stop|suspend|ended|complete|приост|останов|заверш/i.test(status)) return 'paused';
  return /activ|enabl|run|deliver|^on$|accept|актив|идут|включ/i.test(status) ? 'active' : '';
}
