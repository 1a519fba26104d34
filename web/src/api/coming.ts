/* Parts of answers that a server may have that this one's OpenAPI does not name yet. A page shows what they hold only
 * where it comes; once schema.ts has them, they go from here. */
import type { Attribution, AttributionRow, Credit, Journeys } from './types';

/** With costs: minor units of the reporting currency; null: not known. */
export type CostCredit = Credit & { cac?: number | null; roas?: number | null };
export type CostRow = AttributionRow & { spend?: number | null; removal?: number; models: Record<string, CostCredit> };
/** How Markov's chain was made, when it was asked for. */
export type PathAttribution = Attribution & { markov?: { order: number; best: number | null } };
/** `scaled`: the model looks at all journeys at once, so the credits are the journeys' own shares times one factor. */
export type ScaledJourneys = Journeys & { scaled?: boolean };

export interface PersonRow {
  person: string;
  first_at: string;
  last_at: string;
  events: number;
  revenue: number;
  platform: string;
}
export interface PersonsPage { persons: PersonRow[]; next: string | null }

export interface Property { property: string; events: number }
export interface Properties { properties: Property[] }
