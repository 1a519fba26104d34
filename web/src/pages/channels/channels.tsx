/* Channels: what every ad channel costs and brings, on one page. */
import { address } from '../../api/client';
import type { AnalyticsChannels, AnalyticsSummary, ChannelTree } from '../../api/types';
import { Async, Button, Empty, Link, Panel } from '../../components/ui';
import { setRange, useApp, type Scope } from '../../hooks/useApp';
import { useQueries } from '../../hooks/useQueries';
import { useQuery } from '../../hooks/useQuery';
import { hrefOf, useUrl } from '../../hooks/useUrl';
import { CHANNELS } from '../../lib/texts/channels';
import { ChannelsTabs } from '../channels-tabs';
import { PageHead } from '../shell';
import { AudiencePanel } from './audience';
import { BestTimePanel } from './best-time';
import { Brings, CampaignCards, DayCards, Unpriced } from './cards';
import { Comparison, MetricChoice, SpendSplit, Trend } from './compare';
import { CreditPanel } from './credit';
import { Drill } from './drill';
import { ExportMenu } from './export-menu';
import { comparedSpan, knownDays, MOST_ROWS, spanOf, TREE, useAdScope, useMetric, useStep, type Metric } from './question';
import { Scatter } from './scatter';

const AGAIN_MS = 60_000;
type Answers = [ChannelTree, AnalyticsSummary, AnalyticsChannels];

export function ChannelsPage() {
  const { t } = useApp();
  const scope = useAdScope();
  const { params } = useUrl();
  const span = spanOf(scope);
  // Asked again by the first of them: the others follow what is on the screen.
  const tree = address(TREE, { limit: MOST_ROWS, ...comparedSpan(scope) });
  useQuery<ChannelTree>(tree, AGAIN_MS);
  const all = useQueries<Answers[number]>([tree, address('/api/analytics/summary', span), address('/api/analytics/channels', span)]);
  const [known, summary] = (all.data ?? []) as Partial<Answers>;
  const days = scope.days ?? (known ? knownDays(known) : null);
  const any = !!known?.rows.length || !!summary?.total_campaigns;
  const step = useStep(days);
  return (
    <>
      <PageHead title={t.pages.channels} scope={scope} compare={false} people={false}>{any && <ExportMenu scope={scope} step={step} audience={params.get('audience')} />}</PageHead>
      <ChannelsTabs />
      <Async query={all} height={480}>{(data) => <Dashboard answers={data as Answers} scope={scope} />}</Async>
    </>
  );
}

function Dashboard({ answers: [tree, summary, means], scope }: { answers: Answers; scope: Scope }) {
  const { lang, session } = useApp();
  const words = CHANNELS[lang];
  const { params } = useUrl();
  const hasDays = tree.rows.length > 0;
  const hasCampaigns = summary.total_campaigns > 0;
  const metric = useMetric(hasDays, hasCampaigns);
  const days = scope.days ?? knownDays(tree);
  const step = useStep(days);
  if (!hasDays && !hasCampaigns) return <Nothing scope={scope} />;
  // The split beside it says the spend already.
  const compared = params.has('metric') || !hasDays ? metric : 'roas';
  const choice = (of: Metric) => <MetricChoice metric={of} days={hasDays} campaigns={hasCampaigns} />;
  const rank = [...tree.rows.map((row) => row.id), ...means.channels.map((row) => row.channel).filter((name) => !tree.rows.some((row) => row.id === name))];
  return (
    <>
      {hasDays ? <><DayCards total={tree.total} currency={tree.currency} metric={metric} /><Unpriced rows={tree.total.unpriced} /></> : <Brings>{words.noDays}</Brings>}
      {hasCampaigns && <CampaignCards summary={summary} metric={metric} />}
      <div className="pair">
        {hasDays && <SpendSplit tree={tree} />}
        <Comparison metric={compared} tree={tree} means={means} choice={choice(compared)} />
      </div>
      <Trend metric={metric} days={days} step={step} scope={scope} rank={rank} choice={choice(metric)} />
      {hasDays && <><Drill scope={scope} metric={metric} /><Scatter scope={scope} /><CreditPanel scope={scope} /></>}
      {session.events > 0 && <BestTimePanel scope={scope} />}
      {hasCampaigns && <AudiencePanel scope={scope} />}
    </>
  );
}

/** No data of this range, or none at all: what brings them. */
function Nothing({ scope }: { scope: Scope }) {
  const { fmt, lang } = useApp();
  const words = CHANNELS[lang];
  const ever = useQueries<ChannelTree | AnalyticsSummary>(scope.days ? [address(TREE, { limit: MOST_ROWS }), '/api/analytics/summary'] : null);
  const [tree, summary] = (ever.data ?? []) as [ChannelTree?, AnalyticsSummary?];
  if (scope.days && !ever.data) return <Async query={ever} height={320}>{() => null}</Async>;
  if (tree && summary && (tree.rows.length || summary.total_campaigns)) {
    const days = knownDays(tree);
    return <Panel title={words.emptyRange}><Empty title={words.emptyRange} testid="empty-range">{days && <p>{words.emptyRangeWhat(fmt.dayRange(days.from, days.to))}</p>}<Button kind="main" onClick={() => setRange('all')} data-testid="show-all">{words.showAll}</Button></Empty></Panel>;
  }
  return (
    <section className="panel">
      <Empty title={words.empty} testid="channels-empty">
        <p>{words.emptyWhat}</p>
        <div className="ways two">
          <section><h3>{words.connect}</h3><p>{words.connectHow}</p><Link className="button main" href={hrefOf('/channels/connectors')} data-testid="way-connect">{words.connect}</Link></section>
          <section><h3>{words.upload}</h3><p>{words.uploadHow}</p><Link className="button" href={hrefOf('/channels/import')} data-testid="way-upload">{words.upload}</Link></section>
        </div>
      </Empty>
    </section>
  );
}
