import type { CSSProperties } from 'react';
import { Dot } from './ui';

export interface Bar {
  key: string;
  name: string;
  color: string;
  /** 0–1 of the longest; null: not known. */
  length: number | null;
  /** Where it was before, likewise. */
  before?: number | null | undefined;
  value: string;
  note?: string | undefined;
  title: string;
}

/** One bar a name, its value at the end, a mark where it was. */
export function BarList({ bars, label, testid, open, onPick }: { bars: readonly Bar[]; label: string; testid: string; open?: (name: string) => string; onPick?: ((key: string) => void) | undefined }) {
  return (
    <ul className="bar-list" aria-label={label} data-testid={testid}>
      {bars.map((bar) => (
        <li key={bar.key} data-key={bar.key} title={bar.title}>
          <span className="bar-name"><Dot color={bar.color} />{onPick ? <button type="button" className="row-button" title={open?.(bar.name)} onClick={() => onPick(bar.key)}>{bar.name}</button> : bar.name}</span>
          <span className="bar-track">
            {bar.length !== null && <i className="is" style={{ '--share': Math.max(0, Math.min(1, bar.length)), background: bar.color } as CSSProperties} />}
            {bar.before != null && <i className="was" style={{ left: `${Math.max(0, Math.min(1, bar.before)) * 100}%` }} />}
          </span>
          <span className="bar-value"><b>{bar.value}</b>{bar.note !== undefined && <span className="faint">{bar.note}</span>}</span>
        </li>
      ))}
    </ul>
  );
}

/** The parts of a whole in one line. */
export function Split({ parts }: { parts: readonly { key: string; share: number; color: string; title: string }[] }) {
  return <div className="split" aria-hidden="true">{parts.map((part) => <i key={part.key} title={part.title} style={{ flexGrow: part.share, background: part.color }} />)}</div>;
}
