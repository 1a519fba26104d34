/* What the Funnel page asks, read from the address. */
import { useMemo } from 'react';
import type { Scope } from '../../hooks/useApp';
import { useUrl } from '../../hooks/useUrl';
import { DIMENSIONS, type Dimension } from '../../lib/filters';
import { stepWindows, stepWindowsText } from '../../lib/lengths';

export const WINDOWS = ['1h', '1d', '7d', '14d', '30d', '90d', '365d'];
export const STEP_WINDOWS = ['none', '5m', '30m', '1h', '1d', '3d', '7d', '30d'];
export const ORDERS = ['best', 'strict', 'any'] as const;
export const TRENDS = ['day', 'week', 'month'] as const;
const WEB_STEPS = ['Page Viewed', 'Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'];
export const CRM_STEPS = ['CRM Touch', 'Contract Signed'];

/** The steps that make sense for the events that there are. */
export function usualSteps(names: readonly string[]): string[] {
  for (const chain of [WEB_STEPS, CRM_STEPS]) {
    const known = chain.filter((name) => names.includes(name));
    if (known.length >= 2) return known;
  }
  return names.slice(0, 2);
}

export interface Question {
  steps: string[];
  /** The steps are those that somebody chose. */
  chosen: boolean;
  window: string;
  by: Dimension | undefined;
  order: (typeof ORDERS)[number];
  /** A limit for each step after the first, from the step before. */
  stepWindows: string[];
  exclude: string[];
  trend: (typeof TRENDS)[number];
}

export function useQuestion(usual: string[]): Question {
  const { params } = useUrl();
  return useMemo(() => {
    const asked = params.getAll('step');
    const steps = asked.length ? asked : usual;
    return {
      steps,
      chosen: asked.length > 0,
      window: WINDOWS.find((one) => one === params.get('window')) ?? '30d',
      by: DIMENSIONS.find((dim) => dim === params.get('by')),
      order: ORDERS.find((one) => one === params.get('order')) ?? 'best',
      stepWindows: stepWindows(params.get('step_window'), steps.length),
      exclude: params.getAll('exclude'),
      trend: TRENDS.find((one) => one === params.get('trend')) ?? 'week',
    };
  }, [params, usual]);
}

export const wire = (question: Question, scope: Scope) => ({
  step: question.steps, window: question.window, by: question.by, order: question.order === 'best' ? undefined : question.order, step_window: question.order === 'any' ? undefined : stepWindowsText(question.stepWindows), exclude: question.exclude, ...scope.query,
});
