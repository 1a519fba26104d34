/* A filter is "dim:op:value" in the URL and on the wire. */

export const DIMENSIONS = ['platform', 'source', 'medium', 'campaign', 'campaign_id', 'content', 'term', 'creative', 'source_type'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export const OPERATORS = ['is', 'is_not', 'contains', 'not_contains'] as const;
export type Operator = (typeof OPERATORS)[number];
export interface Filter { dim: Dimension; op: Operator; value: string }

export const filterText = ({ dim, op, value }: Filter) => `${dim}:${op}:${value}`;

export function parseFilter(text: string): Filter | null {
  const [dim, op, ...rest] = text.split(':');
  if (!DIMENSIONS.includes(dim as Dimension) || !OPERATORS.includes(op as Operator)) return null;
  return { dim: dim as Dimension, op: op as Operator, value: rest.join(':') };
}
