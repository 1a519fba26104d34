import { useState } from 'react';
import { setRange, useApp, type Scope } from '../hooks/useApp';
import { patch } from '../hooks/useUrl';
import { isDay, PRESETS, shift, type Compare, type Preset } from '../lib/range';
import { Button, IconButton, Popover } from './ui';

export const PRESET_KEYS: Partial<Record<Preset, string>> = { all: 'A', today: 'D', yesterday: 'E', '7d': 'W', '30d': 'T', '90d': 'N', month: 'M', last_month: 'P', year: 'Y' };

/** To the range before or after; the new range is a custom one. */
export function step(scope: Scope, direction: -1 | 1) {
  if (scope.days) setRange('custom', shift(scope.days, direction));
}

export const cycleCompare = (scope: Scope) =>
  patch({ compare: scope.compare === '' ? 'previous' : scope.compare === 'previous' ? 'year' : null });

export function RangePicker({ scope }: { scope: Scope }) {
  const { t, fmt, session } = useApp();
  const { days, preset, end } = scope;
  const late = end !== session.today;
  const name = preset === 'custom' && days ? fmt.dayRange(days.from, days.to) : preset === 'today' && late ? fmt.day(end) : t.presets[preset];
  return (
    <div className="range" data-testid="range">
      <IconButton icon="left" label={t.rangeBefore} disabled={!days} onClick={() => step(scope, -1)} />
      <Popover
        label={t.dateRange}
        button={(props) => (
          <Button icon="calendar" className="range-button" data-testid="range-button" title={days ? fmt.dayRange(days.from, days.to) : t.presets.all} {...props}>
            {name}
            {days && preset !== 'custom' && preset !== 'today' && <span className="faint wide-only">{fmt.dayRange(days.from, days.to)}</span>}
          </Button>
        )}
      >
        {(close) => (
          <div className="range-menu">
            <ul>
              {PRESETS.filter((one) => one !== 'custom').map((one) => (
                <li key={one}>
                  <button
                    type="button"
                    aria-current={one === preset}
                    data-testid={`preset-${one}`}
                    onClick={() => {
                      setRange(one);
                      close();
                    }}
                  >
                    {one === 'today' && late ? t.lastDay(fmt.dayShort(end)) : one === 'yesterday' && late ? t.dayBefore : t.presets[one]}
                    <kbd>{PRESET_KEYS[one]}</kbd>
                  </button>
                </li>
              ))}
            </ul>
            <div className="range-custom">
              {late && <p className="faint" data-testid="range-note">{t.rangeEnds(fmt.day(end))}</p>}
              <CustomRange key={`${days?.from}${days?.to}`} from={days?.from ?? session.first_day ?? end} to={days?.to ?? end} onDone={close} />
              <p className="faint">{t.timezone}: {session.timezone}</p>
            </div>
          </div>
        )}
      </Popover>
      <IconButton icon="right" label={t.rangeAfter} disabled={!days || days.to >= session.today} onClick={() => step(scope, 1)} />
    </div>
  );
}

function CustomRange({ from, to, onDone }: { from: string; to: string; onDone: () => void }) {
  const { t } = useApp();
  const [start, setStart] = useState(from);
  const [stop, setStop] = useState(to);
  const good = isDay(start) && isDay(stop);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!good) return;
        setRange('custom', start <= stop ? { from: start, to: stop } : { from: stop, to: start });
        onDone();
      }}
    >
      <label>{t.from}<input className="input" type="date" value={start} data-testid="range-from" onChange={(event) => setStart(event.target.value)} /></label>
      <label>{t.to}<input className="input" type="date" value={stop} data-testid="range-to" onChange={(event) => setStop(event.target.value)} /></label>
      <Button kind="main" type="submit" disabled={!good} data-testid="range-apply">{t.apply}</Button>
    </form>
  );
}

export function ComparePicker({ scope }: { scope: Scope }) {
  const { t } = useApp();
  const options: { value: Compare; label: string }[] = [{ value: '', label: t.compareOff }, { value: 'previous', label: t.comparePrevious }, { value: 'year', label: t.compareYear }];
  return (
    <label className="select" title={scope.days ? undefined : t.compareNeedsRange}>
      <span className="unseen">{t.compare}</span>
      <select value={scope.compare} disabled={!scope.days} data-testid="compare" onChange={(event) => patch({ compare: event.target.value || null })}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
      </select>
    </label>
  );
}
