/* The conditions of a segment, as the builder changes them: the wire's own form, so that what it has no control for
 * (groups, lists, fixed dates) stays as it is. */
import type { SegmentCondition, SegmentDefinition } from '../api/types';

type Condition = SegmentCondition;

export const ANY_EVENT = '*';
const USUAL_DAYS = 30;

/** What a condition says first: its kind, and whether it is turned round. */
export const SAYINGS = ['event', '!event', 'first_touch', '!first_touch', 'any_touch', '!any_touch'] as const;
export type Saying = (typeof SAYINGS)[number];

/** null: the builder has no control for it. */
export const sayingOf = ({ kind, not = false }: Condition): Saying | null => (kind === 'persons' || kind === 'group' ? null : `${not ? '!' : ''}${kind}`);

/** The same with another beginning; what the new kind does not have is dropped. */
export function saying(condition: Condition | null, said: Saying): Condition {
  const not = said.startsWith('!');
  const kind = said.replace('!', '') as 'event' | 'first_touch' | 'any_touch';
  const filter = condition?.filter ?? [];
  if (kind !== 'event') return { kind, not, filter: filter.length ? filter : ['platform:is:'] };
  return condition?.kind === 'event' ? { ...condition, not } : { kind, not, event: ANY_EVENT, at_least: 1, last_days: null, filter: [] };
}

/** In the last so many days, or whenever; fixed dates go. */
export const within = (condition: Condition, days: number | null): Condition => ({ ...condition, last_days: days, from: null, to: null });
export const usualDays = (condition: Condition) => condition.last_days ?? USUAL_DAYS;

export const emptyDefinition = (): SegmentDefinition => ({ match: 'all', conditions: [saying(null, 'event')] });
