/* Which campaign of a platform an event means: where money was spent and no event came, and what events say. */
import { useState } from 'react';
import { address, send } from '../../api/client';
import type { CampaignMatch, CampaignMatches, ValueMatch, ValueMatches } from '../../api/types';
import { Combobox } from '../../components/combobox';
import { RangePicker } from '../../components/range-picker';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dialog, Dot, Empty, Link, Panel, Problem, Segmented, Select } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp, useScope } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { refresh, useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, personsHref, useUrl } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { CampaignField, nameOf, useAmounts, useWords } from './parts';

const MATCHES = '/api/v1/matches';
const STATES = ['unmatched', 'matched', 'all'] as const;
const DIMS = ['campaign', 'campaign_id', 'creative', 'content', 'source'] as const;
const PAGE = 200;
type State = (typeof STATES)[number];
type Dim = (typeof DIMS)[number];

const one = <T extends string>(all: readonly T[], text: string | null, otherwise: T): T => all.find((name) => name === text) ?? otherwise;

export function MatchingTab() {
  const words = useWords();
  const scope = useScope();
  const { params } = useUrl();
  const dim = one(DIMS, params.get('by'), 'campaign');
  const span = { from: scope.query.from, to: scope.query.to };
  return (
    <>
      <div className="row"><p className="lead">{words.matchingWhat}</p><RangePicker scope={scope} /></div>
      <CampaignList span={span} state={one(STATES, params.get('spend'), 'unmatched')} dim={dim} />
      <ValueList span={span} state={one(STATES, params.get('state'), 'all')} dim={dim} />
    </>
  );
}

interface Span { from: string | undefined; to: string | undefined }

function useStates() {
  const words = useWords();
  return STATES.map((value) => ({ value, label: words.matchStates[value] }));
}

function CampaignList({ span, state, dim }: { span: Span; state: State; dim: Dim }) {
  const { t, fmt, session } = useApp();
  const words = useWords();
  const amounts = useAmounts();
  const states = useStates();
  const pages = usePages<CampaignMatches>(address(`${MATCHES}/campaigns`, { ...span, state, limit: PAGE }));
  const [asked, setAsked] = useState<CampaignMatch | null>(null);
  const currency = pages.first.data?.currency ?? session.currency;
  const columns: Column<CampaignMatch>[] = [
    { key: 'name', title: words.campaign, value: (row) => row.name, show: (row) => <Link href={hrefOf('/channels/campaigns', { campaign: row.campaign_id })}>{row.name || row.campaign_id}</Link> },
    { key: 'campaign_id', title: words.campaignId, value: (row) => row.campaign_id, show: (row) => <span className="mono clip" title={row.campaign_id}>{row.campaign_id}</span> },
    { key: 'channel', title: words.channel, value: (row) => row.channel, show: (row) => <span className="row tight"><Dot color={channelColor(row.channel)} />{row.channel}</span> },
    { key: 'spend', title: words.spend, hint: words.spendWhat, numeric: true, unit: 'money', value: (row) => (row.spend === null ? null : row.spend / 100), show: (row) => (row.spend === null ? <span title={words.noSpend}>—</span> : amounts.minor(row.spend, currency)) },
    { key: 'unpriced', title: words.unpriced, hint: words.unpricedWhat, numeric: true, value: (row) => row.unpriced, show: (row) => (row.unpriced ? <Link href={hrefOf('/channels/money')}>{fmt.exact(row.unpriced)}</Link> : '0') },
    { key: 'events', title: words.events, hint: words.eventsWhat, numeric: true, value: (row) => row.events, show: (row) => fmt.exact(row.events) },
    ...(session.role === 'admin' ? [{ key: 'do', title: t.actions, value: () => null, show: (row: CampaignMatch) => <Button kind="quiet" data-testid="match-campaign" onClick={() => setAsked(row)}>{words.chooseValue}</Button> }] : []),
  ];
  return (
    <Panel
      title={words.spendTitle} hint={words.spendTitleWhat} testid="match-spend"
      note={pages.first.data && <span data-testid="unmatched-total" data-unmatched={pages.first.data.unmatched_spend} data-spend={pages.first.data.spend}><b className={pages.first.data.unmatched_spend > 0 ? 'bad' : 'good'}>{amounts.minor(pages.first.data.unmatched_spend, currency)}</b> {words.ofAll(amounts.minor(pages.first.data.spend, currency), pages.first.data.spend ? fmt.percent(pages.first.data.unmatched_spend / pages.first.data.spend) : '0%')}</span>}
      actions={<Segmented label={words.shown} value={state} options={states} onChange={(spend) => patch({ spend: spend === 'unmatched' ? null : spend })} />}
    >
      <Async query={pages.first} height={240}>
        {(data) => <Table name="matched-campaigns" testid="match-campaigns" rowTestid="match-campaign-row" caption={words.spendTitle} columns={columns} rows={[...data.campaigns, ...pages.more.flatMap((page) => page.campaigns)]} rowKey={(row) => row.campaign_id} foot={words.nOfAll(fmt.exact(data.total))} searchable empty={<Empty title={state === 'unmatched' && data.spend > 0 ? words.allMatched : words.noSpendYet}><p>{state === 'unmatched' && data.spend > 0 ? words.allMatchedWhat : words.noSpendYetWhat}</p></Empty>} />}
      </Async>
      {pages.error && <Problem error={pages.error} />}
      {pages.hasNext && <Button onClick={pages.loadNext}>{t.more}</Button>}
      {asked && <ValueDialog campaign={asked} dim={dim} span={span} onClose={() => setAsked(null)} />}
    </Panel>
  );
}

function ValueList({ span, state, dim }: { span: Span; state: State; dim: Dim }) {
  const { t, fmt, session } = useApp();
  const words = useWords();
  const states = useStates();
  const pages = usePages<ValueMatches>(address(MATCHES, { ...span, state, by: dim, limit: PAGE }));
  const [asked, setAsked] = useState<ValueMatch | null>(null);
  const columns: Column<ValueMatch>[] = [
    { key: 'value', title: t.dims[dim], value: (row) => row.value, show: (row) => <span className="clip wide" title={row.value}>{row.value}</span> },
    { key: 'events', title: words.events, hint: words.eventsSay, numeric: true, value: (row) => row.events, show: (row) => <Link className="people" title={words.openPersons} href={personsHref({ metric: 'persons', by: dim, key: row.value })}>{fmt.exact(row.events)}</Link> },
    { key: 'campaign', title: words.means, value: (row) => row.name ?? row.campaign_id, show: (row) => (row.campaign_id ? <Link href={hrefOf('/channels/campaigns', { campaign: row.campaign_id })}>{row.name || row.campaign_id}</Link> : <span className="faint">{row.origin === 'hand' ? words.noneOfThem : words.notKnown}</span>) },
    { key: 'origin', title: words.origin, hint: words.originWhat, value: (row) => (row.origin ? words.origins[row.origin] : ''), show: (row) => (row.origin ? <span className={`badge ${row.origin === 'hand' ? 'good' : ''}`} data-testid="match-origin" data-origin={row.origin}>{words.origins[row.origin]}</span> : '—') },
    ...(session.role === 'admin' ? [{ key: 'do', title: t.actions, value: () => null, show: (row: ValueMatch) => <Button kind="quiet" icon="edit" data-testid="match-choose" onClick={() => setAsked(row)}>{words.choose}</Button> }] : []),
  ];
  return (
    <Panel
      title={words.valuesTitle} hint={words.valuesWhat} testid="match-values"
      actions={<>
        <Select label={t.dimension} value={dim} options={DIMS.map((value) => ({ value, label: t.dims[value] }))} onChange={(by) => patch({ by: by === 'campaign' ? null : by })} data-testid="match-by" />
        <Segmented label={words.shown} value={state} options={states} onChange={(next) => patch({ state: next === 'all' ? null : next })} />
      </>}
    >
      <Async query={pages.first} height={240}>
        {(data) => <Table key={dim} name={`matches-${dim}`} testid="match-table" rowTestid="match-row" caption={words.valuesTitle} columns={columns} rows={[...data.values, ...pages.more.flatMap((page) => page.values)]} rowKey={(row) => row.value} foot={words.nOfAll(fmt.exact(data.total))} searchable empty={<Empty title={words.noValues}><p>{words.noValuesWhat}</p></Empty>} />}
      </Async>
      {pages.error && <Problem error={pages.error} />}
      {pages.hasNext && <Button onClick={pages.loadNext}>{t.more}</Button>}
      {asked && <CampaignDialog key={asked.value} of={asked} onClose={() => setAsked(null)} />}
    </Panel>
  );
}

/** Says it, and shows what came of it. */
function useSay(onClose: () => void) {
  const action = useAction();
  const act = async (what: () => Promise<unknown>) => {
    if (!(await action.run(async () => void (await what())))) return;
    refresh('/api/');
    onClose();
  };
  return { ...action, say: (dim: string, value: string, campaign: string | null) => void act(() => send('PUT', MATCHES, { dim, value, campaign_id: campaign })), unsay: (dim: string, value: string) => void act(() => send('DELETE', `${MATCHES}/${dim}/${encodeURIComponent(value)}`)) };
}

function CampaignDialog({ of, onClose }: { of: ValueMatch; onClose: () => void }) {
  const { t } = useApp();
  const words = useWords();
  const { busy, error, say, unsay } = useSay(onClose);
  const [campaign, setCampaign] = useState(of.campaign_id ?? '');
  return (
    <Dialog title={words.whichCampaign(of.value)} onClose={onClose} testid="match-dialog">
      <p className="faint">{words.whichCampaignWhat}</p>
      <div className="row tall"><CampaignField label={words.campaign} value={campaign} name={of.name} onChange={setCampaign} testid="match-campaign-field" /></div>
      {error && <p className="bad" role="alert" data-testid="field-error">{error.message || t.networkError}</p>}
      <div className="row">
        <Button disabled={busy} data-testid="match-none" onClick={() => say(of.dim, of.value, null)}>{words.noneOfThem}</Button>
        {(of.origin === 'hand' || of.origin === 'import') && <Button icon="undo" disabled={busy} title={words.unsayWhat} data-testid="match-unsay" onClick={() => unsay(of.dim, of.value)}>{words.unsay}</Button>}
        <span className="grow" />
        <Button onClick={onClose}>{t.cancel}</Button>
        <Button kind="main" disabled={busy || !campaign} data-testid="match-save" onClick={() => say(of.dim, of.value, campaign)}>{t.save}</Button>
      </div>
    </Dialog>
  );
}

/** The other way round: what events say of a campaign that none is known to come from. */
function ValueDialog({ campaign, dim, span, onClose }: { campaign: CampaignMatch; dim: Dim; span: Span; onClose: () => void }) {
  const { t, fmt } = useApp();
  const words = useWords();
  const [by, setBy] = useState<Dim>(dim);
  const { busy, error, say } = useSay(onClose);
  const [value, setValue] = useState('');
  const values = useQuery<ValueMatches>(address(MATCHES, { ...span, by, limit: 1000 }));
  const options = (values.data?.values ?? []).map((row) => ({ value: row.value, label: row.value, note: row.campaign_id ? words.meansNow(row.name || row.campaign_id) : fmt.exact(row.events) }));
  return (
    <Dialog title={words.whichValue(nameOf(campaign))} onClose={onClose} testid="match-value-dialog">
      <p className="faint">{words.whichValueWhat}</p>
      <div className="row tall">
        <Select label={t.dimension} value={by} options={DIMS.map((name) => ({ value: name, label: t.dims[name] }))} onChange={(next) => {
          setBy(next);
          setValue('');
        }} />
        <Combobox label={t.value} value={value} options={options} free onChange={setValue} testid="match-value-field" />
      </div>
      {error && <p className="bad" role="alert" data-testid="field-error">{error.message || t.networkError}</p>}
      <div className="row end">
        <Button onClick={onClose}>{t.cancel}</Button>
        <Button kind="main" disabled={busy || !value} data-testid="match-value-save" onClick={() => say(by, value, campaign.campaign_id)}>{t.save}</Button>
      </div>
    </Dialog>
  );
}
