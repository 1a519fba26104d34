/* What the Attribution page asks, read from the address. */
import { useMemo } from 'react';
import type { TouchMode } from '../../api/types';
import type { App, Scope } from '../../hooks/useApp';
import { useUrl } from '../../hooks/useUrl';
import { DIMENSIONS, type Dimension } from '../../lib/filters';
import type { AttributionTexts } from '../../lib/texts/attribution';

const USUAL = ['first', 'last', 'last_non_direct', 'last_paid', 'linear', 'position', 'time_decay', 'markov', 'shapley'];
export const ROUTE = '/api/v1/attribution';
export const ORDERS = ['1', '2', '3', '4', 'best'] as const;
export const UNATTRIBUTED = 'unattributed';
export type Measure = 'revenue' | 'conversions';

export interface Question {
  by: Dimension;
  models: string[];
  lookback: number;
  halfLife: number;
  touches: TouchMode | '';
  exclude: string[];
  measure: Measure;
  /** Of Markov. */
  order: (typeof ORDERS)[number];
  /** The events that are milestones, for W-shaped; none: ''. */
  lead: string;
  opportunity: string;
}

export function useQuestion(known: string[]): Question {
  const { params } = useUrl();
  return useMemo(() => {
    const asked = params.get('models')?.split(',').filter((name) => known.includes(name));
    const touches = params.get('touches');
    return {
      by: DIMENSIONS.find((one) => one === params.get('by')) ?? 'platform',
      models: asked?.length ? asked : USUAL.filter((name) => known.includes(name)),
      lookback: Number(params.get('lookback')) || 30,
      halfLife: Number(params.get('half_life')) || 7,
      touches: touches === 'events' || touches === 'sessions' || touches === 'journey' ? touches : '',
      exclude: params.getAll('exclude'),
      measure: params.get('measure') === 'conversions' ? 'conversions' : 'revenue',
      order: ORDERS.find((one) => one === params.get('order')) ?? '1',
      lead: params.get('lead') ?? '',
      opportunity: params.get('opportunity') ?? '',
    };
  }, [params, known]);
}

export const wire = (question: Question, scope: Scope) => ({
  conversion: scope.conversion, by: question.by, lookback: `${question.lookback}d`, half_life: `${question.halfLife}d`, touches: question.touches, exclude: question.exclude, order: question.order, lead: question.lead, opportunity: question.opportunity, ...scope.query,
});

export const modelName = (words: AttributionTexts, name: string) => words.modelNames[name] ?? name.replaceAll('_', ' ');
export const modelWhat = (words: AttributionTexts, name: string, what: string) => words.modelWhat[name] ?? what;
export const keyName = (t: App['t'], key: string) => (key === UNATTRIBUTED ? t.unattributed : key || t.notSet);

/** A measure as it is written: exact, and short. */
export function measureText({ fmt }: App, measure: Measure) {
  return measure === 'revenue' ? { exact: (value: number) => fmt.moneyExact(Math.round(value)), short: fmt.moneyShort, whole: fmt.moneyWhole } : { exact: (value: number) => fmt.exact(value, 2), short: fmt.short, whole: (value: number) => fmt.exact(value, 2) };
}
