/* What the server sends and takes, by the names that the pages use. schema.ts is made from the server's own OpenAPI
 * (tools/api_types.sh); here are only names for its parts. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Problem = Schemas['Problem'];
export type Session = Schemas['Session'];

export type Names = Schemas['Names'];
export type Values = Schemas['Values'];
export type Models = Schemas['Models'];

export type Metrics = Schemas['Metrics'];
export type MetricPoint = Schemas['MetricPoint'];
export type MetricTotals = Schemas['MetricTotals'];
export type Step = Metrics['step'];
export type Breakdown = Schemas['Breakdown'];
export type BreakdownRow = Schemas['BreakdownRow'];
export type PropertyBreakdown = Schemas['PropertyBreakdown'];
export type Properties = Schemas['Properties'];

export type Funnel = Schemas['Funnel'];
export type FunnelStep = Schemas['FunnelStep'];
export type FunnelTimes = Schemas['FunnelWhole'];
export type FunnelPeriod = Schemas['FunnelPeriod'];
export type FunnelPersons = Schemas['FunnelPersons'];
export type FunnelPerson = FunnelPersons['persons'][number];

export type Retention = Schemas['Retention'];
export type RetentionCohort = Schemas['RetentionCohort'];
export type RetentionTotal = Schemas['RetentionTotal'];
export type Ltv = Schemas['Ltv'];
export type LtvCohort = Schemas['LtvCohort'];
export type LtvTotal = Schemas['LtvTotal'];
export type Paths = Schemas['Paths'];
export type PathNode = Schemas['PathNode'];

export type Attribution = Schemas['Attribution'];
export type AttributionRow = Schemas['AttributionRow'];
export type Credit = Schemas['Credit'];
export type TouchMode = Attribution['touches'];
export type Journeys = Schemas['CellJourneys'];
export type Journey = Schemas['Journey'];

export type Persons = Schemas['Persons'];
export type PersonRow = Schemas['PersonRow'];
export type Person = Schemas['Person'];
export type PersonLog = Schemas['PersonLog'];
export type PersonEvent = Schemas['PersonEvent'];
export type Raw = Schemas['Raw'];

export type Segments = Schemas['Segments'];
export type Segment = Schemas['Segment'];
export type SegmentNow = Schemas['SegmentNow'];
export type SegmentDefinition = Schemas['SegmentDefinition'];
export type SegmentCondition = Schemas['SegmentCondition'];

export type Live = Schemas['Live'];
export type LiveItem = Schemas['LiveItem'];
export type Sources = Schemas['Sources'];
export type Source = Schemas['Source'];
export type NewKey = Schemas['SourceKey'];

export type Imports = Schemas['Imports'];
export type Import = Schemas['Import'];
export type ImportKind = Import['kind'];
export type Rejects = Schemas['Rejects'];
export type Reject = Schemas['Reject'];
export type ReplayAll = Schemas['Replayed'];
export type Rules = Schemas['Rules'];
export type Rule = Schemas['Rule'];

export type ChannelTree = Schemas['ChannelTree'];
export type TreeRow = Schemas['TreeRow'];
export type TreeTotal = Schemas['TreeTotal'];
export type ChannelSeries = Schemas['ChannelSeries'];
export type ChannelPoint = Schemas['ChannelPoint'];
export type ChannelCredit = Schemas['ChannelCredit'];
export type ChannelCreditRow = Schemas['ChannelCreditRow'];
export type AnalyticsSummary = Schemas['AnalyticsSummary'];
export type AnalyticsChannels = Schemas['AnalyticsChannels'];
export type AnalyticsChannel = Schemas['AnalyticsChannel'];
export type RoiTrend = Schemas['RoiTrend'];
export type AudienceTable = Schemas['AudienceTable'];
export type AudienceRow = Schemas['AudienceRow'];
export type BestTime = Schemas['BestTime'];
export type BestTimeCell = Schemas['BestTimeCell'];
export type MatchedCampaigns = Schemas['MatchedCampaigns'];

/* The CRM: amounts in whole UAH. */
export type Contracts = Schemas['Contracts'];
export type Contract = Schemas['Contract'];
export type CrmSummary = Schemas['CrmSummary'];
export type CrmPlatforms = Schemas['CrmPlatforms'];
export type CrmPlatform = Schemas['CrmPlatform'];
export type CrmAttributed = Schemas['CrmAttributed'];
export type CrmCampaigns = Schemas['CrmCampaigns'];
export type CrmCampaign = Schemas['CrmCampaign'];

/* Ads: where their days come from, what belongs to what, what they may cost. */
export type Adapters = Schemas['Adapters'];
export type Adapter = Schemas['Adapter'];
export type AdapterSetting = Schemas['AdapterSetting'];
export type Connections = Schemas['Connections'];
export type Connection = Schemas['Connection'];
export type ConnectionVerdict = Schemas['ConnectionVerdict'];
export type Job = Schemas['Job'];
export type Jobs = Schemas['Jobs'];
export type JobRun = Schemas['JobRun'];
export type JobRuns = Schemas['JobRuns'];
export type Refreshed = Schemas['Refreshed'];
export type AdImports = Schemas['AdImports'];
export type AdImport = Schemas['AdImport'];
export type AdPreview = Schemas['AdPreview'];
export type AdDefaults = Schemas['AdDefaults'];
export type AdRejects = Schemas['AdRejects'];
export type CampaignMatches = Schemas['MatchedCampaigns'];
export type CampaignMatch = Schemas['MatchedCampaign'];
export type ValueMatches = Schemas['MatchedValues'];
export type ValueMatch = Schemas['MatchedValue'];
export type AdCampaigns = Schemas['Campaigns'];
export type AdCampaign = Schemas['Campaign'];
export type AdCampaignDays = Schemas['CampaignDays'];
export type AdCampaignDay = Schemas['CampaignDay'];
export type ChannelList = Schemas['ChannelList'];
export type Rates = Schemas['Rates'];
export type Rate = Schemas['Rate'];
export type Budgets = Schemas['Budgets'];
export type Budget = Schemas['Budget'];
