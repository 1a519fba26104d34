/* Whose list is open, as it stands in the address: "reached:2", "dropped:3:google". */
import type { Who } from '../../components/funnel-bars';

export const whoText = ({ kind, step, key }: Who) => `${kind}:${step}${key === undefined ? '' : `:${key}`}`;

export function parseWho(text: string, steps: number): Who | null {
  const [kind, number, ...rest] = text.split(':');
  const step = Number(number);
  if ((kind !== 'reached' && kind !== 'dropped') || !Number.isInteger(step) || step < (kind === 'dropped' ? 2 : 1) || step > steps) return null;
  return { kind, step, ...(rest.length ? { key: rest.join(':') } : {}) };
}
