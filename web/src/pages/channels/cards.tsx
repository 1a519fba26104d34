/* The figures at the head of the page. */
import type { AnalyticsSummary, TreeTotal } from '../../api/types';
import { Icon } from '../../components/icon';
import { Kpi } from '../../components/kpi';
import { Link } from '../../components/ui';
import { useApp, useFormatOf } from '../../hooks/useApp';
import { hrefOf, patch } from '../../hooks/useUrl';
import { figureText, goodWhenMore, type FigureName, type MeanName } from '../../lib/figures';
import { changeOf } from '../../lib/format';
import { CHANNELS } from '../../lib/texts/channels';
import { whyNone, type Metric } from './question';

const OF_DAYS: readonly FigureName[] = ['spend', 'revenue', 'roas', 'conversions', 'cpa', 'ctr', 'cpc', 'cpm'];
const OF_CAMPAIGNS: readonly { name: MeanName; change?: 'roi_change' | 'conversion_change' | 'clicks_change' | 'cost_change' }[] = [
  { name: 'total_campaigns' }, { name: 'avg_roi', change: 'roi_change' }, { name: 'avg_conversion_rate', change: 'conversion_change' }, { name: 'total_clicks', change: 'clicks_change' },
  { name: 'total_impressions' }, { name: 'avg_acquisition_cost', change: 'cost_change' },
];

export function DayCards({ total, currency, metric }: { total: TreeTotal; currency: string; metric: Metric }) {
  const { t, lang } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(currency);
  return (
    <div className="kpis eight" data-testid="channel-cards">
      {OF_DAYS.map((name) => {
        const text = figureText(name, fmt);
        const before = total.before?.[name];
        return (
          <Kpi
            key={name} id={name} title={words.figures[name].name} hint={words.figures[name].what} short={text.short(total[name])} exact={text.exact(total[name])} why={total[name] === null ? whyNone(words, name) : undefined}
            change={before === undefined ? undefined : { share: changeOf(total[name], before), before: t.was(text.short(before)), goodWhenUp: goodWhenMore(name) }}
            pressed={metric === name} onPress={() => patch({ metric: name })}
          />
        );
      })}
    </div>
  );
}

export function CampaignCards({ summary, metric }: { summary: AnalyticsSummary; metric: Metric }) {
  const { lang } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(summary.currency);
  return (
    <div className="kpis small" data-testid="campaign-cards">
      {OF_CAMPAIGNS.map(({ name, change }) => {
        const text = figureText(name, fmt);
        const share = change ? summary[change] : null;
        return (
          <Kpi
            key={name} id={name} title={words.figures[name].name} hint={words.figures[name].what} short={text.short(summary[name])} exact={text.exact(summary[name])} why={summary[name] === null ? whyNone(words, name) : undefined}
            change={share === null ? undefined : { share, before: '', goodWhenUp: goodWhenMore(name), title: words.changeLast }}
            pressed={metric === name} onPress={() => patch({ metric: name })} href={name === 'total_campaigns' ? hrefOf('/channels/campaigns') : undefined}
          />
        );
      })}
    </div>
  );
}

/** What would fill a place that has nothing to show. */
export function Brings({ children }: { children: string }) {
  const { lang } = useApp();
  const words = CHANNELS[lang];
  return <p className="notice" data-testid="brings"><Icon name="info" /><span>{children}</span> <Link href={hrefOf('/channels/connectors')}>{words.connect}</Link> <Link href={hrefOf('/channels/import')}>{words.upload}</Link></p>;
}

/** That not all of the money is in the sums. */
export function Unpriced({ rows }: { rows: number }) {
  const { fmt, lang } = useApp();
  const words = CHANNELS[lang];
  if (!rows) return null;
  return <p className="notice" data-testid="unpriced" data-value={rows}><Icon name="alert" /><span>{words.unpriced(rows, fmt.exact(rows))}</span> <Link href={hrefOf('/channels/money')}>{words.setRates}</Link></p>;
}
