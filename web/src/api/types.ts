/* What the server sends and takes. Written from the API contract; the names here are the only ones the rest of
 * the page uses, so this file can be replaced by types made from /openapi.json. */

export type Lang = 'en' | 'ru';
/** Minor units (kopecks, cents) of the reporting currency. */
export type Minor = number;
/** RFC 3339, UTC. */
export type Instant = string;
/** "2025-02-12" in the reporting time zone. */
export type Day = string;

export interface Problem {
  title: string;
  status: number;
  detail?: string;
  field?: string;
  request_id?: string;
}

export interface Session {
  role: 'admin' | 'read';
  version: string;
  currency: string;
  timezone: string;
  events: number;
  persons: number;
  first_at: Instant | null;
  last_at: Instant | null;
  first_day: Day | null;
  last_day: Day | null;
  today: Day;
  conversions: string[];
  amounts_without_rate: number;
}

export interface EventName {
  name: string;
  events: number;
  persons: number;
  revenue: Minor;
  last_at: Instant;
}
export interface Names { names: EventName[] }
export interface Values { values: { value: string; events: number }[] }
export interface Models { models: { name: string; what: string }[] }

export type Step = 'hour' | 'day' | 'week' | 'month';
export type MetricName = 'events' | 'persons' | 'sessions' | 'conversions' | 'converted' | 'revenue';
export type MetricValues = Record<MetricName, number>;
export type MetricPoint = { at: string } & MetricValues;
export interface MetricSeries { from: Day; to: Day; points: MetricPoint[]; totals: MetricValues }
export interface Metrics extends MetricSeries {
  step: Step;
  currency: string;
  partial: boolean;
  previous?: MetricSeries;
}

export type BreakdownRow = { key: string } & MetricValues;
export interface Breakdown {
  by: string;
  rows: BreakdownRow[];
  totals: MetricValues;
  previous?: { rows: BreakdownRow[]; totals: MetricValues };
}

export interface FunnelStep {
  name: string;
  persons: number;
  from_first: number;
  from_previous: number;
  median_ms: number | null;
  median_from_first_ms: number | null;
}
export interface Funnel {
  window_ms: number;
  persons: number;
  steps: FunnelStep[];
  groups?: { key: string; steps: FunnelStep[] }[];
  previous?: { steps: FunnelStep[] };
}

export interface Credit { conversions: number; revenue: Minor }
export interface AttributionRow { key: string; touches: number; models: Record<string, Credit> }
export type TouchMode = 'events' | 'sessions' | 'journey';
export interface Attribution {
  conversion: string;
  touches: TouchMode;
  by: string;
  lookback_ms: number | null;
  half_life_ms: number;
  conversions: number;
  persons: number;
  revenue: Minor;
  currency: string;
  rows: AttributionRow[];
  unattributed: { touches: number; models: Record<string, Credit> };
}

export interface JourneyTouch {
  at: Instant;
  event: string;
  key: string;
  platform: string;
  source: string;
  medium: string;
  campaign: string;
  weight: number;
  revenue: Minor;
  own: boolean;
}
export interface Journey {
  person: string;
  at: Instant;
  amount: Minor;
  credit: number;
  credit_revenue: Minor;
  touches: JourneyTouch[];
}
export interface Journeys {
  model: string;
  key: string;
  conversions: number;
  revenue: Minor;
  journeys: Journey[];
  next: string | null;
}

export interface PersonEvent {
  at: Instant;
  event: string;
  platform: string;
  source: string;
  medium: string;
  campaign: string;
  amount: Minor;
  raw: string;
}
export interface Person {
  person: string;
  aliases: string[];
  events: PersonEvent[];
  total: number;
  next: string | null;
}
export interface Raw { kind: string; received_at: Instant; body: string }

export interface LiveItem {
  seq: number;
  received_at: Instant;
  at: Instant;
  type: string;
  event: string | null;
  person: string | null;
  platform: string;
  amount: Minor;
  source: string;
  state: 'kept' | 'repeated' | 'rejected';
  reason: string | null;
}
export interface Live { items: LiveItem[]; next: number; per_minute: number }

export interface Source {
  id: number;
  name: string;
  key_prefix: string;
  enabled: boolean;
  created_at: Instant;
  events: number;
  last_at: Instant | null;
}
export interface Sources { sources: Source[] }
export interface NewKey { id: number; name?: string; write_key: string }

export type ImportKind = 'crm_events' | 'crm_contracts';
export interface Import {
  id: number;
  kind: ImportKind;
  name: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'undone';
  bytes_total: number;
  bytes_done: number;
  rows: number;
  kept: number;
  repeated: number;
  rejected: number;
  uncounted: number;
  error: string | null;
  started_at: Instant | null;
  finished_at: Instant | null;
}
export interface Imports { imports: Import[]; next: string | null }

export interface Reject {
  id: number;
  source: string;
  kind: string;
  import: number | null;
  line: number | null;
  reason: string;
  body: string;
  state: 'open' | 'replayed';
  at: Instant;
}
export interface Rejects { rejects: Reject[]; open: number; next: string | null }
export interface ReplayAll { replayed: number; still_rejected: number }

export interface Rule {
  fields: string[];
  op: 'is' | 'contains';
  values: string[];
  platform: string;
  paid: boolean;
}
export interface Rules { rules: Rule[] }

export interface Contract {
  doc_id: string;
  client: string;
  cost: number;
  date: Day;
  counted: boolean;
  platform: string | null;
}
export interface Contracts { contracts: Contract[]; total: number; next: string | null }

/* /api/data-analytics/v10: amounts in whole UAH. */
export interface CrmSummary {
  total_events: number;
  unique_clients: number;
  first_touch_events: number;
  mid_and_last_touch_events: number;
  mid_funnel_events: number;
  contracts: number;
  total_revenue: number;
  unique_platforms: number;
  clients_with_contract: number;
  data_multiplier: number;
}
export interface CrmPlatform {
  platform: string;
  events: number;
  clients: number;
  contracts: number;
  revenue: number;
  conversion_rate: number | null;
  avg_touches: number | null;
  avg_days: number | null;
}
export interface CrmAttributed {
  platform: string;
  contracts: number;
  revenue: number;
  avg_touches: number | null;
  avg_days: number | null;
}
export interface CrmPlatforms { platforms: CrmPlatform[]; attributed: CrmAttributed[] }
export interface CrmCampaign {
  campaign_id: string;
  campaign: string;
  first: number;
  mid: number;
  last: number;
  clients: number;
  contracts: number;
  revenue: number;
}
export interface CrmCampaigns { platform: string; campaigns: CrmCampaign[] }
