import type { Names } from '../../api/types';
import { Combobox } from '../../components/combobox';
import { Button, Hint, IconButton, Panel, Select } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { patch } from '../../hooks/useUrl';
import { DIMENSIONS, type Dimension } from '../../lib/filters';
import { lengthMs } from '../../lib/intervals';
import { stepWindowsText } from '../../lib/lengths';
import { FUNNEL } from '../../lib/texts/funnel';
import { ORDERS, STEP_WINDOWS, WINDOWS, type Question } from './question';

const MOST_STEPS = 12;

/** The steps, and how they are counted. */
export function Builder({ names, question }: { names: Names; question: Question }) {
  const { t, fmt, lang } = useApp();
  const words = FUNNEL[lang];
  const { steps, stepWindows } = question;
  const options = names.names.map((one) => ({ value: one.name, label: one.name, note: fmt.short(one.events) }));
  // A limit belongs to its step: it moves and goes with it.
  const set = (next: string[], windows: string[]) => patch({ step: next, step_window: stepWindowsText(windows), people: null });
  const limits = ['none', ...stepWindows];
  const swap = (a: number, b: number) => {
    const change = (all: string[]) => all.map((one, at) => (at === a ? all[b] : at === b ? all[a] : one) ?? one);
    set(change(steps), change(limits).slice(1));
  };
  const length = (text: string) => fmt.duration(lengthMs(text) ?? 0);
  return (
    <Panel title={t.funnelSteps} hint={t.funnelWhat} testid="funnel-builder">
      <ol className="steps">
        {steps.map((step, index) => (
          <li key={index} data-testid="funnel-builder-step">
            <span className="faint">{index + 1}</span>
            <Combobox label={t.stepNumber(index + 1)} value={step} options={options} testid={`step-${index}`} onChange={(name) => set(steps.map((one, at) => (at === index ? name : one)), stepWindows)} />
            <IconButton icon="up" label={t.moveUp} disabled={index === 0} onClick={() => swap(index, index - 1)} />
            <IconButton icon="down" label={t.moveDown} disabled={index === steps.length - 1} onClick={() => swap(index, index + 1)} />
            <IconButton icon="close" label={t.removeStep} disabled={steps.length <= 2} onClick={() => set(steps.filter((_, at) => at !== index), limits.filter((_, at) => at !== index).slice(1))} />
            {index > 0 && question.order !== 'any' && (
              <select className="step-window" aria-label={words.stepWindow(index + 1)} title={words.stepWindow(index + 1)} value={stepWindows[index - 1]} data-testid={`step-window-${index}`} onChange={(event) => set(steps, stepWindows.map((one, at) => (at === index - 1 ? event.target.value : one)))}>
                {[...new Set([...STEP_WINDOWS, stepWindows[index - 1] ?? 'none'])].map((one) => <option key={one} value={one}>{one === 'none' ? words.anyTime : words.after(length(one))}</option>)}
              </select>
            )}
          </li>
        ))}
      </ol>
      <div className="row">
        <Button icon="plus" disabled={steps.length >= MOST_STEPS} data-testid="add-step" onClick={() => set([...steps, names.names.find((one) => !steps.includes(one.name))?.name ?? steps[0] ?? ''], [...stepWindows, 'none'])}>{t.addStep}</Button>
        {question.chosen && <Button kind="quiet" onClick={() => patch({ step: null, step_window: null, people: null })}>{t.usualSteps}</Button>}
      </div>
      <div className="fields">
        <Select showLabel label={t.funnelWindow} value={question.window} options={WINDOWS.map((one) => ({ value: one, label: length(one) }))} onChange={(one) => patch({ window: one })} data-testid="funnel-window" />
        <Select showLabel label={words.order} hint={words.orderWhat} value={question.order} options={ORDERS.map((one) => ({ value: one, label: words.orders[one] }))} onChange={(one) => patch({ order: one === 'best' ? null : one })} data-testid="funnel-order" />
        <Select<Dimension | ''> showLabel label={t.breakBy} value={question.by ?? ''} options={[{ value: '', label: t.noBreak }, ...DIMENSIONS.map((dim) => ({ value: dim, label: t.dims[dim] }))]} onChange={(dim) => patch({ by: dim || null })} data-testid="funnel-by" />
        <div className="select event-field"><span className="select-label">{words.exclude}<Hint text={words.excludeWhat} /></span><Combobox label={words.exclude} placeholder={words.excludeChoose} value="" options={options.filter((one) => !question.exclude.includes(one.value))} testid="funnel-exclude" onChange={(name) => patch({ exclude: [...question.exclude, name] })} /></div>
      </div>
      {question.exclude.length > 0 && (
        <ul className="chips">
          {question.exclude.map((name) => <li key={name} className="chip" data-testid="funnel-exclude-chip"><span>{words.without} <b>{name}</b></span><button type="button" aria-label={t.removeFilter} onClick={() => patch({ exclude: question.exclude.filter((one) => one !== name) })}>×</button></li>)}
        </ul>
      )}
    </Panel>
  );
}
