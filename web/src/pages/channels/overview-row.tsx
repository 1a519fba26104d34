/* On the Overview: what ads cost, if there are any. */
import { address } from '../../api/client';
import type { ChannelTree } from '../../api/types';
import { Kpi } from '../../components/kpi';
import { Link, Panel } from '../../components/ui';
import { useApp, useFormatOf, type Scope } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { hrefOf } from '../../hooks/useUrl';
import { figureText, goodWhenMore, type FigureName } from '../../lib/figures';
import { changeOf } from '../../lib/format';
import { CHANNELS } from '../../lib/texts/channels';
import { comparedSpan, TREE, whyNone } from './question';

const SHOWN: readonly FigureName[] = ['spend', 'revenue', 'roas', 'conversions', 'cpa', 'clicks'];

export function OverviewRow({ scope }: { scope: Scope }) {
  const { t, lang } = useApp();
  const words = CHANNELS[lang];
  const tree = useQuery<ChannelTree>(address(TREE, { limit: 1, ...comparedSpan(scope) }));
  const fmt = useFormatOf(tree.data?.currency);
  if (!tree.data?.rows.length) return null;
  const { total } = tree.data;
  return (
    <Panel testid="ad-spend" title={words.adSpend} note={scope.days ? fmt.dayRange(scope.days.from, scope.days.to) : t.presets.all} actions={<Link href={hrefOf('/channels')} data-testid="to-channels">{words.toChannels}</Link>}>
      <div className="kpis small bare">
        {SHOWN.map((name) => {
          const text = figureText(name, fmt);
          const before = total.before?.[name];
          return <Kpi key={name} id={`ads-${name}`} title={words.figures[name].name} hint={words.figures[name].what} short={text.short(total[name])} exact={text.exact(total[name])} why={total[name] === null ? whyNone(words, name) : undefined} change={before === undefined ? undefined : { share: changeOf(total[name], before), before: t.was(text.short(before)), goodWhenUp: goodWhenMore(name) }} href={hrefOf('/channels', { metric: name })} />;
        })}
      </div>
    </Panel>
  );
}
