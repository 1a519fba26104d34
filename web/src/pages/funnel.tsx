/* Funnel: where people drop out. Below it the CRM's own funnel, whose numbers are those of the V10 routes. */
import { useMemo } from 'react';
import { address } from '../api/client';
import type { Funnel, FunnelStep, Names } from '../api/types';
import { Combobox } from '../components/combobox';
import { FunnelBars } from '../components/funnel-bars';
import { ChartPanel } from '../components/chart-panel';
import { Table, type Column } from '../components/table';
import { Async, Button, Empty, IconButton, Panel, Select } from '../components/ui';
import { useApp, useScope, type Scope } from '../hooks/useApp';
import { useQuery } from '../hooks/useQuery';
import { patch, useUrl } from '../hooks/useUrl';
import { channelColor, seriesToken } from '../lib/color';
import { DIMENSIONS, type Dimension } from '../lib/filters';
import { lengthMs } from '../lib/intervals';
import { CrmFunnel } from './crm';
import { PageHead, Welcome } from './shell';

const WINDOWS = ['1h', '1d', '7d', '14d', '30d', '90d', '365d'];
const WEB = ['Page Viewed', 'Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'];
const CRM = ['CRM Touch', 'Contract Signed'];
const MOST_STEPS = 12;
const MOST_GROUPS = 8;

/** The steps that make sense for the events that there are. */
function usualSteps(names: readonly string[]): string[] {
  for (const chain of [WEB, CRM]) {
    const known = chain.filter((name) => names.includes(name));
    if (known.length >= 2) return known;
  }
  return names.slice(0, 2);
}

export function FunnelPage() {
  const { t, session } = useApp();
  const scope = useScope();
  const names = useQuery<Names>('/api/v1/names');
  return (
    <>
      <PageHead title={t.pages.funnel} scope={scope} />
      {session.events === 0 ? <Welcome /> : (
        <>
          <Async query={names} height={400}>{(data) => <Steps names={data} scope={scope} />}</Async>
          {names.data?.names.some((one) => CRM.includes(one.name)) && <CrmFunnel />}
        </>
      )}
    </>
  );
}

function Steps({ names, scope }: { names: Names; scope: Scope }) {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  const asked = params.getAll('step');
  const usual = useMemo(() => usualSteps(names.names.map((one) => one.name)), [names]);
  const steps = asked.length ? asked : usual;
  const window = WINDOWS.find((one) => one === params.get('window')) ?? '30d';
  const by = DIMENSIONS.find((dim) => dim === params.get('by'));
  const funnel = useQuery<Funnel>(steps.length < 2 ? null : address('/api/v1/funnel', { step: steps, window, by, compare: scope.compare, ...scope.query }));
  const options = names.names.map((one) => ({ value: one.name, label: one.name, note: fmt.short(one.events) }));
  const set = (next: string[]) => patch({ step: next });
  const swap = (a: number, b: number) => {
    const next = [...steps];
    [next[a], next[b]] = [next[b] ?? '', next[a] ?? ''];
    set(next);
  };

  return (
    <div className="columns">
      <Panel title={t.funnelSteps} hint={t.funnelWhat} testid="funnel-builder">
        <ol className="steps">
          {steps.map((step, index) => (
            <li key={index} data-testid="funnel-builder-step">
              <span className="faint">{index + 1}</span>
              <Combobox label={t.stepNumber(index + 1)} value={step} options={options} testid={`step-${index}`} onChange={(name) => set(steps.map((one, at) => (at === index ? name : one)))} />
              <IconButton icon="up" label={t.moveUp} disabled={index === 0} onClick={() => swap(index, index - 1)} />
              <IconButton icon="down" label={t.moveDown} disabled={index === steps.length - 1} onClick={() => swap(index, index + 1)} />
              <IconButton icon="close" label={t.removeStep} disabled={steps.length <= 2} onClick={() => set(steps.filter((_, at) => at !== index))} />
            </li>
          ))}
        </ol>
        <div className="row">
          <Button icon="plus" disabled={steps.length >= MOST_STEPS} data-testid="add-step" onClick={() => set([...steps, names.names.find((one) => !steps.includes(one.name))?.name ?? steps[0] ?? ''])}>{t.addStep}</Button>
          {asked.length > 0 && <Button kind="quiet" onClick={() => patch({ step: null })}>{t.usualSteps}</Button>}
        </div>
        <div className="fields">
          <Select showLabel label={t.funnelWindow} value={window} options={WINDOWS.map((one) => ({ value: one, label: fmt.duration(lengthMs(one) ?? 0) }))} onChange={(one) => patch({ window: one })} data-testid="funnel-window" />
          <Select<Dimension | ''> showLabel label={t.breakBy} value={by ?? ''} options={[{ value: '', label: t.noBreak }, ...DIMENSIONS.map((dim) => ({ value: dim, label: t.dims[dim] }))]} onChange={(dim) => patch({ by: dim || null })} data-testid="funnel-by" />
        </div>
      </Panel>
      {steps.length < 2 ? <Panel title={t.pages.funnel}><Empty title={t.noFunnel}><p>{t.noFunnelWhat}</p></Empty></Panel> : (
        <Async query={funnel} height={400}>{(data) => <Result data={data} by={by} />}</Async>
      )}
    </div>
  );
}

type StepRow = FunnelStep & { index: number };

function Result({ data, by }: { data: Funnel; by: Dimension | undefined }) {
  const { t, fmt } = useApp();
  const groups = (data.groups ?? []).filter((group) => (group.steps[0]?.persons ?? 0) > 0).slice(0, MOST_GROUPS).map((group, index) => ({
    key: group.key, name: group.key || t.notSet, steps: group.steps, color: by === 'platform' ? channelColor(group.key) : `var(${seriesToken(index)})`,
  }));
  const columns: Column<StepRow>[] = [
    { key: 'index', title: '#', numeric: true, value: (row) => row.index + 1 },
    { key: 'name', title: t.step, value: (row) => row.name },
    { key: 'persons', title: t.metrics.persons.name, numeric: true, value: (row) => row.persons, show: (row) => fmt.exact(row.persons) },
    { key: 'first', title: t.fromFirst, hint: t.fromFirstWhat, numeric: true, value: (row) => row.from_first, show: (row) => fmt.percentFixed(row.from_first, 2) },
    { key: 'previous', title: t.fromPrevious, hint: t.fromPreviousWhat, numeric: true, value: (row) => row.from_previous, show: (row) => fmt.percentFixed(row.from_previous, 2) },
    { key: 'median', title: t.median, hint: t.medianWhat, numeric: true, value: (row) => row.median_ms, show: (row) => (row.index && row.median_ms !== null ? fmt.duration(row.median_ms) : '–') },
    { key: 'all', title: t.medianAll, hint: t.medianAllWhat, numeric: true, value: (row) => row.median_from_first_ms, show: (row) => (row.index && row.median_from_first_ms !== null ? fmt.duration(row.median_from_first_ms) : '–') },
    ...groups.map((group): Column<StepRow> => ({ key: `group-${group.key}`, title: group.name, numeric: true, value: (row) => group.steps[row.index]?.persons, show: (row) => fmt.exact(group.steps[row.index]?.persons ?? 0) })),
  ];
  const last = data.steps.at(-1);
  const whole = data.steps[0]?.persons ? (last?.from_first ?? 0) : 0;
  if (!data.persons) return <Panel title={t.funnelResult}><Empty title={t.noneInRange}><p>{t.noFunnelPersons(data.steps[0]?.name ?? '')}</p></Empty></Panel>;
  return (
    <ChartPanel
      testid="funnel-result"
      title={t.funnelResult}
      note={<>{t.wholeFunnel(fmt.percent(whole, 2))}{data.previous && <> · {t.was(fmt.percent(data.previous.steps.at(-1)?.from_first ?? 0, 2))}</>}{last?.median_from_first_ms ? ` · ${t.medianWhole(fmt.duration(last.median_from_first_ms))}` : ''}</>}
      {...(data.previous ? { legend: [{ name: t.previousPeriod, color: 'var(--ink)', dashed: true }] } : {})}
      chart={<FunnelBars steps={data.steps} previous={data.previous?.steps} series={groups} />}
      table={<Table name="funnel" testid="funnel-table" caption={t.funnelResult} columns={columns} rows={data.steps.map((step, index) => ({ ...step, index }))} rowKey={(row) => String(row.index)} />}
    />
  );
}
