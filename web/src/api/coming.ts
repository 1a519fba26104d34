/* Parts of answers that a server may have that this one's OpenAPI does not name yet. A page shows what they hold only
 * where it comes; once schema.ts has them, they go from here. */
import type { Attribution, AttributionRow, Credit, Funnel, FunnelStep, Journeys, Raw } from './types';

/** With costs: minor units of the reporting currency; null: not known. */
export type CostCredit = Credit & { cac?: number | null; roas?: number | null };
export type CostRow = AttributionRow & { spend?: number | null; removal?: number; models: Record<string, CostCredit> };
/** How Markov's chain was made, when it was asked for. */
export type PathAttribution = Attribution & { markov?: { order: number; best: number | null } };
/** `scaled`: the model looks at all journeys at once, so the credits are the journeys' own shares times one factor. */
export type ScaledJourneys = Journeys & { scaled?: boolean };

/** What the raw log holds of one person, page by page. */
export interface PersonLog { person: string; aliases: string[]; items: Raw[]; next: string | null }

/* The persons of a count. */
export interface PersonRow {
  person: string;
  first_at: string;
  last_at: string;
  events: number;
  revenue: number;
  platform: string;
}
export interface PersonsPage { persons: PersonRow[]; total?: number; next: string | null }

export interface Property { name: string; type: string; events: number; examples: string[] }
export interface Properties { event: string; sampled: number; properties: Property[] }
export interface PropertyRow { key: string; kind: 'value' | 'none' | 'other'; events: number; persons: number; revenue: number }
interface PropertySpan { keys: number; rows: PropertyRow[]; totals: { events: number; persons: number; revenue: number } }
export type PropertyBreakdown = PropertySpan & { previous?: PropertySpan };

/* Funnels with lengths of time (persons between the bounds of lengths_ms), a trend, and who is behind a number. */
export interface FunnelTimes { p25_ms: number | null; median_ms: number | null; p75_ms: number | null; lengths: number[] }
export type TimedStep = FunnelStep & Partial<FunnelTimes>;
export interface FunnelPeriod { at: string; entered: number; converted: number; rate: number }
export type TimedFunnel = Omit<Funnel, 'steps'> & { steps: TimedStep[]; lengths_ms?: number[]; whole?: FunnelTimes; trend?: FunnelPeriod[] };
export interface FunnelPerson { person: string; entered_at: string; reached: number; at: string }
export interface FunnelPersons { total: number; persons: FunnelPerson[]; next: string | null }
