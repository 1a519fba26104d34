/* What the Channels page asks, read from the address. */
import { useMemo } from 'react';
import type { ChannelTree, TreeTotal } from '../../api/types';
import { useApp, useScope, type App, type Scope } from '../../hooks/useApp';
import { patch, useUrl, type Changes } from '../../hooks/useUrl';
import { ADDS_UP, FIGURES, figureText, MEANS, type FigureName, type Figures, type MeanName } from '../../lib/figures';
import type { Format } from '../../lib/format';
import { PERIODS, stepFor, type Period } from '../../lib/periods';
import type { ChannelTexts } from '../../lib/texts/channels';

export const TREE = '/api/v1/channels/tree';
export const SERIES = '/api/v1/channels/series';
export const MOST_ROWS = 1000;

export type Metric = FigureName | MeanName;
export const isFigure = (metric: Metric): metric is FigureName => FIGURES.includes(metric as FigureName);

/** The days asked for; those of ads are not narrowed by filters and segments of persons. */
export const spanOf = (scope: Scope) => ({ from: scope.query.from, to: scope.query.to });
/** All time has nothing before it. */
export const comparedSpan = (scope: Scope) => ({ ...spanOf(scope), compare: scope.days ? 'previous' : undefined });

/** Contracts come from a CRM, whose events seldom name an ad: another conversion goes first where there is one. */
export function useAdScope(): Scope {
  const { session } = useApp();
  const { params } = useUrl();
  const scope = useScope();
  return useMemo(() => {
    const other = session.conversions.find((name) => name !== 'Contract Signed');
    return other && !params.get('conversion') ? { ...scope, conversion: other } : scope;
  }, [session, params, scope]);
}

export type Level = 'channel' | 'campaign' | 'ad_set' | 'ad';
export const LEVELS: readonly Level[] = ['channel', 'campaign', 'ad_set', 'ad'];
/** What is open, from the channel down; ad groups and ads by their keys. */
export type Opened = Partial<Record<Level, string>>;

export function useOpened(): { opened: Opened; flat: boolean } {
  const { params } = useUrl();
  return useMemo(() => {
    const opened: Opened = {};
    for (const level of LEVELS) {
      const value = params.get(level);
      // Groups and ads are those of a campaign.
      if (value && (level === 'channel' || level === 'campaign' || opened.campaign)) opened[level] = value;
    }
    return { opened, flat: params.get('level') === 'campaign' };
  }, [params]);
}

/** Open something in the drill-down, and what is below it closes. */
export function openIn(changes: Changes, scroll = true) {
  patch({ channel: null, campaign: null, ad_set: null, ad: null, level: null, sort: null, ...changes });
  if (scroll) document.querySelector('[data-testid="drill"]')?.scrollIntoView({ block: 'start' });
}

export function useMetric(days: boolean, campaigns: boolean): Metric {
  const { params } = useUrl();
  const asked = params.get('metric');
  const allowed: readonly Metric[] = [...(days ? FIGURES : []), ...(campaigns ? MEANS : [])];
  return allowed.find((one) => one === asked) ?? allowed[0] ?? 'spend';
}

export interface Days { from: string; to: string }
/** The days of which there are data. */
export function knownDays(tree: ChannelTree): Days | null {
  if (!tree.rows.length) return null;
  const firsts = tree.rows.map((row) => row.first_day).sort();
  const lasts = tree.rows.map((row) => row.last_day).sort();
  return { from: firsts[0] ?? '', to: lasts.at(-1) ?? '' };
}

export function useStep(days: Days | null): Period {
  const { params } = useUrl();
  const asked = params.get('step');
  return PERIODS.find((one) => one === asked) ?? (days ? stepFor(days.from, days.to) : 'month');
}

/** Why there is no number. */
export function whyNone(words: ChannelTexts, metric: Metric): string {
  if (!isFigure(metric)) return words.whys.mean;
  if (metric === 'spend' || metric === 'revenue' || metric === 'conversions' || metric === 'clicks' || metric === 'impressions' || metric === 'reach') return words.whys[metric];
  return words.whys.ratio;
}

/** Which of the figures are known of something. */
export const knownFigures = (rows: readonly Figures[]): FigureName[] => FIGURES.filter((name) => rows.some((row) => row[name] !== null));
export const beforeOf = (total: TreeTotal, name: FigureName): number | null | undefined => total.before?.[name];

/** As a chart needs it; what adds up stands on each other. */
export const chartKind = (metric: Metric) => (ADDS_UP.has(metric) ? { kind: 'bar' as const, stacked: true } : { kind: 'line' as const, stacked: false });
export const textOf = (metric: Metric, fmt: Format) => figureText(metric, fmt);

/** How periods are called, on an axis and in full. */
export function periodText(step: Period, fmt: Format, t: App['t']) {
  if (step === 'month') return { short: fmt.month, long: fmt.month };
  return { short: fmt.dayShort, long: step === 'week' ? (day: string) => t.weekOf(fmt.day(day)) : fmt.weekday };
}
