/* Parts of answers that a server may have that this one's OpenAPI does not name yet. A page shows what they hold only
 * where it comes; once schema.ts has them, they go from here. */
import type { AttributionRow } from './types';

/** With costs: minor units of the reporting currency; null: not known. */
export type CostRow = AttributionRow & { spend?: number | null };

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
