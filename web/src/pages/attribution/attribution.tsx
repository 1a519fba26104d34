/* Attribution: which channel brought the money, by each model, and the journeys behind every number. */
import { useMemo, useState } from 'react';
import { address } from '../../api/client';
import type { Attribution, Models, Names, TouchMode } from '../../api/types';
import { Combobox } from '../../components/combobox';
import { Slider } from '../../components/slider';
import { Async, Empty, Hint, Panel, Select } from '../../components/ui';
import { useApp, useScope, type Scope } from '../../hooks/useApp';
import { useDebounced } from '../../hooks/useDebounced';
import { useQuery } from '../../hooks/useQuery';
import { patch, useUrl } from '../../hooks/useUrl';
import { DIMENSIONS } from '../../lib/filters';
import { ATTRIBUTION } from '../../lib/texts/attribution';
import { CrmHouseRule } from '../crm';
import { PageHead, Welcome } from '../shell';
import { CellJourneys } from './journeys';
import { Matrix } from './matrix';
import { ModelsChart } from './models-chart';
import { modelName, modelWhat, ORDERS, ROUTE, useQuestion, wire, type Question } from './question';

const LOOKBACKS = [1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365];
const HALF_LIVES = [1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60];
/** Intervals are asked for when the question has rested so long. */
const CALM_MS = 250;

/** What the sliders say while they move; the address follows when they rest. */
type Moved = Partial<Pick<Question, 'lookback' | 'halfLife'>>;

export function AttributionPage() {
  const { t, session } = useApp();
  const scope = useScope();
  const models = useQuery<Models>('/api/v1/models');
  return (
    <>
      <PageHead title={t.pages.attribution} scope={scope} conversions compare={false} />
      {session.events === 0 ? <Welcome /> : !scope.conversion ? <Panel title={t.conversion}><Empty title={t.noConversion}><p>{t.noConversionWhat}</p></Empty></Panel> : (
        <>
          <Async query={models} height={480}>{(data) => <Report models={data} scope={scope} />}</Async>
          {scope.conversion === 'Contract Signed' && <CrmHouseRule />}
        </>
      )}
    </>
  );
}

function Report({ models, scope }: { models: Models; scope: Scope }) {
  const { t, lang } = useApp();
  const words = ATTRIBUTION[lang];
  const { params } = useUrl();
  const known = useMemo(() => models.models.map((model) => model.name), [models]);
  const asked = useQuestion(known);
  const [moved, setMoved] = useState<Moved>({});
  const question = useMemo(() => ({ ...asked, ...moved }), [asked, moved]);
  const url = address(ROUTE, { ...wire(question, scope), models: question.models.join(',') });
  const result = useQuery<Attribution>(url);
  // Intervals take the server longer: the matrix does not wait for them, and they are asked for only when all is calm.
  const calm = useDebounced(url, CALM_MS) === url && result.data !== undefined && !result.stale;
  const ranges = useQuery<Attribution>(calm ? `${url}&intervals=true` : null);
  const cell = params.get('cell');
  return (
    <>
      <Controls models={models} question={question} data={result.data} onMove={(change) => setMoved((now) => ({ ...now, ...change }))} onRest={() => setMoved({})} />
      <Async query={result} height={420}>
        {(data) => {
          if (data.conversions === 0) return <Panel title={words.matrix}><Empty title={t.noneInRange}><p>{t.noConversionsInRange(scope.conversion)}</p></Empty></Panel>;
          const known = calm && !ranges.stale ? ranges.data : undefined;
          return <><Matrix data={data} ranges={known} question={question} models={models} /><ModelsChart data={data} ranges={known} question={question} /></>;
        }}
      </Async>
      {cell && <CellJourneys cell={cell} question={question} scope={scope} />}
    </>
  );
}

interface ControlsProps {
  models: Models;
  question: Question;
  data: Attribution | undefined;
  onMove: (change: Moved) => void;
  onRest: () => void;
}

function Controls({ models, question, data, onMove, onRest }: ControlsProps) {
  const { t, fmt, lang } = useApp();
  const words = ATTRIBUTION[lang];
  const toggle = (name: string) => {
    const next = models.models.map((model) => model.name).filter((one) => (one === name ? !question.models.includes(one) : question.models.includes(one)));
    if (next.length) patch({ models: next.join(',') });
  };
  const rest = (name: 'lookback' | 'half_life') => (days: number) => {
    patch({ [name]: String(days) }, true);
    onRest();
  };
  return (
    <Panel title={words.attributionHow} testid="attribution-controls">
      <div className="controls">
        <div className="toggles" role="group" aria-label={words.models}>
          {models.models.map((model) => (
            <button key={model.name} type="button" className="toggle" aria-pressed={question.models.includes(model.name)} title={modelWhat(words, model.name, model.what)} data-testid={`model-${model.name}`} onClick={() => toggle(model.name)}>
              {modelName(words, model.name)}
            </button>
          ))}
        </div>
        <div className="fields">
          <Select showLabel label={t.breakBy} value={question.by} options={DIMENSIONS.map((by) => ({ value: by, label: t.dims[by] }))} onChange={(by) => patch({ by, cell: null, exclude: null })} data-testid="attribution-by" />
          <Slider id="lookback" label={words.lookback} hint={words.lookbackWhat} value={question.lookback} stops={LOOKBACKS} text={t.days} onMove={(lookback) => onMove({ lookback })} onRest={rest('lookback')} />
          <Slider id="half-life" label={words.halfLife} hint={words.halfLifeWhat} value={question.halfLife} stops={HALF_LIVES} text={t.days} onMove={(halfLife) => onMove({ halfLife })} onRest={rest('half_life')} />
          <Select<TouchMode | ''>
            showLabel label={words.touchMode} value={question.touches} data-testid="touches" onChange={(mode) => patch({ touches: mode || null })}
            options={[{ value: '', label: data && !question.touches ? words.touchAuto(words.touchModes[data.touches]) : words.touchAuto('') }, ...(['events', 'sessions', 'journey'] as const).map((mode) => ({ value: mode, label: words.touchModes[mode] }))]}
          />
          {question.models.includes('markov') && (
            <Select showLabel label={words.order} hint={words.orderWhat} value={question.order} data-testid="markov-order" options={ORDERS.map((order) => ({ value: order, label: order === 'best' ? words.orderBest(data?.markov?.best ?? null) : order }))} onChange={(order) => patch({ order: order === '1' ? null : order })} />
          )}
          {question.models.includes('w_shaped') && <Milestones question={question} />}
        </div>
        {data?.markov?.best != null && question.order === 'best' && <p className="faint small" data-testid="markov-orders">{words.orderChoice(data.markov.best, data.markov.orders.map((one) => `${one.order} – ${one.auc === null ? '–' : `${fmt.fixed(one.auc, 3)} (${fmt.fixed(one.penalised, 3)})`}`).join(', '))}</p>}
        {question.exclude.length > 0 && (
          <ul className="chips">
            {question.exclude.map((key) => (
              <li key={key} className="chip" data-testid="exclude-chip"><span>{words.without} <b>{key || t.notSet}</b></span><button type="button" aria-label={t.removeFilter} onClick={() => patch({ exclude: question.exclude.filter((one) => one !== key) })}>×</button></li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  );
}

/** The events whose touches W-shaped gives as much as the first. */
function Milestones({ question }: { question: Question }) {
  const { fmt, lang } = useApp();
  const words = ATTRIBUTION[lang];
  const names = useQuery<Names>('/api/v1/names');
  const options = [{ value: '', label: words.noMilestone }, ...(names.data?.names ?? []).map((one) => ({ value: one.name, label: one.name, note: fmt.short(one.events) }))];
  const one = (name: 'lead' | 'opportunity') => (
    <div className="select event-field"><span className="select-label">{words[name]}<Hint text={words.milestoneWhat} /></span><Combobox label={words[name]} value={question[name]} options={options} testid={`attribution-${name}`} onChange={(event) => patch({ [name]: event || null })} /></div>
  );
  return <>{one('lead')}{one('opportunity')}</>;
}
