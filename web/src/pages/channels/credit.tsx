/* What platforms claim beside what attribution says of the same ads. */
import { useMemo } from 'react';
import { address } from '../../api/client';
import type { ChannelCredit, ChannelCreditRow, Credit, MatchedCampaigns, Models } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Dot, Empty, Link, Panel, Segmented, Select } from '../../components/ui';
import { useApp, useFormatOf, type Scope } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { changeOf, type Format } from '../../lib/format';
import { ATTRIBUTION } from '../../lib/texts/attribution';
import { CHANNELS, type ChannelTexts } from '../../lib/texts/channels';
import { openIn, spanOf, useOpened } from './question';

const USUAL = ['first', 'last_non_direct', 'linear', 'markov'];
const LOOKBACKS = ['7d', '14d', '30d', '60d', '90d', 'none'] as const;
const MEASURES = ['conversions', 'revenue', 'cost', 'roas'] as const;
type Measure = (typeof MEASURES)[number];
type By = ChannelCredit['by'];

const claimOf = (row: ChannelCreditRow, measure: Measure): number | null => row.claimed[measure === 'cost' ? 'cpa' : measure];
const creditOf = (credit: Credit | undefined, measure: Measure): number | null => credit?.[measure === 'cost' ? 'cac' : measure] ?? null;

function measureText(measure: Measure, fmt: Format) {
  const dash = (text: (value: number) => string) => (value: number | null | undefined) => (value == null ? '–' : text(value));
  if (measure === 'conversions') return { cell: dash((value) => fmt.exact(value, 1)), exact: dash((value) => fmt.exact(value, 4)) };
  if (measure === 'roas') return { cell: dash((value) => `${fmt.fixed(value, 2)}×`), exact: dash((value) => `${fmt.exact(value, 4)}×`) };
  return { cell: dash((value) => fmt.moneyWhole(value)), exact: dash((value) => fmt.moneyExact(Math.round(value))) };
}

interface Question { by: By; models: string[]; lookback: string; measure: Measure }

function useQuestion(known: readonly string[], campaign: boolean): Question {
  const { params } = useUrl();
  return useMemo(() => {
    const asked = params.get('models')?.split(',').filter((name) => known.includes(name));
    const by = params.get('credit');
    return {
      by: by === 'campaign' || (by === 'ad' && campaign) ? by : 'channel',
      models: asked?.length ? asked : USUAL.filter((name) => known.includes(name)),
      lookback: LOOKBACKS.find((one) => one === params.get('lookback')) ?? '30d',
      measure: MEASURES.find((one) => one === params.get('measure')) ?? 'conversions',
    };
  }, [params, known, campaign]);
}

export function CreditPanel({ scope }: { scope: Scope }) {
  const { lang, session } = useApp();
  const words = CHANNELS[lang];
  const models = useQuery<Models>(session.events ? '/api/v1/models' : null);
  if (!session.events || !scope.conversion) return <Panel testid="credit" title={words.credit} hint={words.creditWhat}><Empty title={words.noCredit}><p>{words.noCreditWhat}</p><Link href={hrefOf('/data/sources')}>{words.upload}</Link></Empty></Panel>;
  return <Async query={models} height={320}>{(data) => <Report models={data} scope={scope} />}</Async>;
}

function Report({ models, scope }: { models: Models; scope: Scope }) {
  const { t, lang, session } = useApp();
  const words = CHANNELS[lang];
  const { opened } = useOpened();
  const known = useMemo(() => models.models.map((model) => model.name), [models]);
  const question = useQuestion(known, opened.campaign !== undefined);
  const answer = useQuery<ChannelCredit>(address('/api/v1/channels/credit', { conversion: scope.conversion, models: question.models.join(','), by: question.by, campaign: question.by === 'ad' ? opened.campaign : undefined, lookback: question.lookback, ...spanOf(scope) }));
  const toggle = (name: string) => {
    const next = known.filter((one) => (one === name ? !question.models.includes(one) : question.models.includes(one)));
    if (next.length) patch({ models: next.join(',') });
  };
  const conversions = [...new Set([...session.conversions, scope.conversion])];
  return (
    <Panel
      testid="credit" title={words.credit} hint={words.creditWhat}
      actions={<Segmented<Measure> label={t.measure} value={question.measure} options={MEASURES.map((value) => ({ value, label: words.creditMeasures[value] }))} onChange={(measure) => patch({ measure })} />}
    >
      <div className="fields">
        <Select showLabel label={t.conversion} value={scope.conversion} options={conversions.map((name) => ({ value: name, label: name }))} onChange={(conversion) => patch({ conversion })} data-testid="credit-conversion" />
        <Select<By> showLabel label={t.breakBy} value={question.by} options={(['channel', 'campaign', ...(opened.campaign ? ['ad' as const] : [])] as const).map((value) => ({ value, label: words.creditBy[value] }))} onChange={(by) => patch({ credit: by === 'channel' ? null : by })} data-testid="credit-by" />
        <Select showLabel label={words.lookback} value={question.lookback} options={LOOKBACKS.map((value) => ({ value, label: value === 'none' ? words.noLimit : t.days(Number.parseInt(value, 10)) }))} onChange={(lookback) => patch({ lookback })} data-testid="credit-lookback" />
        <div className="toggles" role="group" aria-label={words.models}>
          {models.models.map((model) => <button key={model.name} type="button" className="toggle" aria-pressed={question.models.includes(model.name)} title={ATTRIBUTION[lang].modelWhat[model.name] ?? model.what} data-testid={`model-${model.name}`} onClick={() => toggle(model.name)}>{ATTRIBUTION[lang].modelNames[model.name] ?? model.name}</button>)}
        </div>
      </div>
      <Async query={answer} height={320}>{(data) => <CreditTable data={data} question={question} scope={scope} />}</Async>
    </Panel>
  );
}

function CreditTable({ data, question, scope }: { data: ChannelCredit; question: Question; scope: Scope }) {
  const { t, lang } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(data.currency);
  const { measure, models } = question;
  const text = measureText(measure, fmt);
  const unmatched = useQuery<MatchedCampaigns>(address('/api/v1/matches/campaigns', { state: 'unmatched', limit: 1, ...spanOf(scope) }));
  const money = measure === 'revenue' || measure === 'cost';
  const unit = money ? ('money' as const) : undefined;
  const exported = (value: number | null) => (value === null ? null : money ? Math.round(value) / fmt.minorPerUnit : value);
  const rows = data.rows;
  const adds = measure === 'conversions' || measure === 'revenue';
  // The bars of a row are of the largest in it: what is claimed against what each model says.
  const most = (row: ChannelCreditRow) => Math.max(1e-9, claimOf(row, measure) ?? 0, ...models.map((model) => creditOf(row.models[model], measure) ?? 0));
  const columns: Column<ChannelCreditRow>[] = [
    { key: 'name', title: words.creditBy[question.by], value: (row) => row.name || row.id, show: (row) => <><Dot color={channelColor(row.channel)} /><span title={row.id}>{row.name || row.id || words.untold.ad}</span></> },
    { key: 'spend', title: words.spendShare, hint: words.figures.spend.what, numeric: true, unit: 'money', value: (row) => (row.spend === null ? null : row.spend / fmt.minorPerUnit), show: (row) => (row.spend === null ? <span className="faint" title={words.whys.spend}>–</span> : <span title={fmt.moneyExact(row.spend)}>{fmt.moneyWhole(row.spend)}</span>) },
    { key: 'touches', title: words.touches, hint: words.touchesWhat, numeric: true, value: (row) => row.touches, show: (row) => fmt.exact(row.touches) },
    {
      key: 'claimed', title: words.claimed, hint: words.claimedWhat, numeric: true, unit, value: (row) => exported(claimOf(row, measure)), bar: (row) => (claimOf(row, measure) ?? 0) / most(row), attributes: (row) => ({ 'data-value': String(claimOf(row, measure) ?? '') }),
      show: (row) => { const value = claimOf(row, measure); return value === null ? <span className="faint" title={measure === 'revenue' ? words.whys.revenue : measure === 'conversions' ? words.whys.conversions : words.whys.ratio}>–</span> : <span title={text.exact(value)}>{text.cell(value)}</span>; },
    },
    ...models.map((model): Column<ChannelCreditRow> => ({
      key: model, title: ATTRIBUTION[lang].modelNames[model] ?? model, hint: ATTRIBUTION[lang].modelWhat[model] ?? model, numeric: true, unit, value: (row) => exported(creditOf(row.models[model], measure)),
      bar: (row) => (creditOf(row.models[model], measure) ?? 0) / most(row), attributes: (row) => ({ 'data-value': String(creditOf(row.models[model], measure) ?? '') }),
      show: (row) => <CreditCell value={creditOf(row.models[model], measure)} claim={claimOf(row, measure)} text={text} words={words} fmt={fmt} />,
    })),
  ];
  const sumOf = (of: (row: ChannelCreditRow) => number | null) => rows.reduce((sum, row) => sum + (of(row) ?? 0), 0);
  const share = (part: ChannelCredit['unmatched'], model: string) => text.cell(creditOf(part.models[model], measure));
  const totals = [
    { name: <span title={words.realTotal}>{t.total}</span>, spend: fmt.moneyWhole(sumOf((row) => row.spend)), touches: fmt.exact(sumOf((row) => row.touches) + data.unmatched.touches), ...(adds ? { claimed: text.cell(sumOf((row) => claimOf(row, measure))), ...Object.fromEntries(models.map((model) => [model, text.cell(data[measure])])) } : {}) },
    ...(adds ? [
      { name: <span title={words.unmatchedTouchesWhat}>{words.unmatchedTouches} · <Link className="people" href={hrefOf('/channels/matching')}>{words.match}</Link></span>, touches: fmt.exact(data.unmatched.touches), ...Object.fromEntries(models.map((model) => [model, share(data.unmatched, model)])) },
      { name: words.unattributed, ...Object.fromEntries(models.map((model) => [model, share(data.unattributed, model)])) },
    ] : []),
    ...(unmatched.data && unmatched.data.unmatched_spend > 0 ? [{
      name: <span title={words.unmatchedSpendWhat} data-testid="unmatched-spend" data-value={unmatched.data.unmatched_spend}>{words.unmatchedSpend} · <Link className="people" href={hrefOf('/channels/matching')}>{words.match}</Link></span>,
      spend: fmt.moneyWhole(unmatched.data.unmatched_spend),
    }] : []),
  ];
  return (
    <Table
      key={measure + question.by + models.join()} name={`credit-${question.by}`} testid="credit-table" rowTestid="credit-row" caption={words.credit} columns={columns} rows={rows} rowKey={(row) => row.id} sort={{ key: 'spend', down: true }} total={totals}
      rowLabel={(row) => words.open(row.name || row.id)} {...(question.by === 'ad' ? {} : { onRow: (row: ChannelCreditRow) => openIn(question.by === 'channel' ? { channel: row.id } : { campaign: row.id }) })}
      empty={<Empty title={t.noneInRange} />}
    />
  );
}

/** What a model says, and how far that is from the claim. */
function CreditCell({ value, claim, text, words, fmt }: { value: number | null; claim: number | null; text: ReturnType<typeof measureText>; words: ChannelTexts; fmt: Format }) {
  if (value === null) return <span className="faint" title={words.whys.ratio}>–</span>;
  const change = changeOf(value, claim);
  return <span title={change === null ? text.exact(value) : `${text.exact(value)}; ${words.against(fmt.change(change))}`}>{change !== null && <small className="faint">{fmt.change(change)} </small>}{text.cell(value)}</span>;
}
