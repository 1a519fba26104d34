import { useRef, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { ticks, type Interval } from '../lib/compare';
import { TipBox, type Place, type Tip } from './chart';

export interface DotSeries { key: string; name: string; token: string }
export interface DotRow {
  key: string;
  name: string;
  /** For each series: where it lies; null: not there. */
  dots: ({ at: number; interval?: Interval | undefined } | null)[];
  /** How far they are apart, said at the end of the row. */
  note: string;
}

interface Props {
  series: DotSeries[];
  rows: DotRow[];
  domain: Interval;
  tick: (value: number) => string;
  label: string;
  tip: (row: number, series: number) => Tip;
  onPick: (row: DotRow, series: DotSeries) => void;
}

const LANE = 8;

/** One row a thing, one dot a series, each in a lane of its own so that none hides another; a line is a dot's interval.
 * One stop of Tab: the arrows go from dot to dot. */
export function DotChart({ series, rows, domain, tick, label, tip, onPick }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<{ row: number; dot: number; place: Place } | null>(null);
  const [width, setWidth] = useState(0);
  const part = (value: number) => `${((value - domain[0]) / (domain[1] - domain[0] || 1)) * 100}%`;
  const lines = ticks(domain[0], domain[1]);
  const first = rows.findIndex((row) => row.dots.some((dot) => dot));
  const stop = at ?? { row: first, dot: rows[first]?.dots.findIndex((dot) => dot) ?? 0 };

  const show = (row: number, dot: number, element: HTMLElement) => {
    const own = element.getBoundingClientRect();
    const all = box.current?.getBoundingClientRect();
    if (!all) return;
    setWidth(all.width);
    setAt({ row, dot, place: { index: row, x: own.left - all.left + own.width / 2, y: own.top - all.top } });
  };
  const walk = (event: KeyboardEvent) => {
    const [down, across] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [0, 0];
    if (!down && !across) return;
    event.preventDefault();
    event.stopPropagation();
    let row = stop.row;
    let dot = stop.dot;
    for (;;) {
      row += down ?? 0;
      dot += across ?? 0;
      const there = rows[row];
      if (!there || dot < 0 || dot >= series.length) return;
      if (there.dots[dot]) break;
    }
    box.current?.querySelector<HTMLElement>(`[data-dot="${row}:${dot}"]`)?.focus();
  };

  return (
    <div className="chart dots" ref={box} role="group" aria-label={label} onKeyDown={walk}>
      <ul>
        {rows.map((row, r) => {
          const places = row.dots.flatMap((dot) => (dot ? [dot.at] : []));
          return (
            <li key={row.key} className="dots-row" data-testid="dots-row" data-key={row.key}>
              <span className="dots-name" title={row.name}>{row.name}</span>
              <div className="dots-track" style={{ height: series.length * LANE + 8 }}>
                {lines.map((line) => <i key={line} className={line === 0 ? 'line zero' : 'line'} style={{ left: part(line) }} />)}
                {places.length > 1 && <i className="between" style={{ left: part(Math.min(...places)), right: `calc(100% - ${part(Math.max(...places))})` }} />}
                {series.map((one, d) => {
                  const dot = row.dots[d];
                  if (!dot) return null;
                  const lane = { top: d * LANE + 4 + LANE / 2, '--dot': `var(${one.token})` } as CSSProperties;
                  return (
                    <span key={one.key}>
                      {dot.interval && <i className="reach" style={{ ...lane, left: part(Math.max(domain[0], dot.interval[0])), right: `calc(100% - ${part(Math.min(domain[1], dot.interval[1]))})` }} />}
                      <button
                        type="button" className="dot-mark" style={{ ...lane, left: part(dot.at) }} tabIndex={stop.row === r && stop.dot === d ? 0 : -1}
                        data-testid="dot" data-dot={`${r}:${d}`} data-series={one.key} data-at={dot.at} aria-label={`${row.name}, ${one.name}: ${tip(r, d).rows[d]?.value ?? ''}`}
                        onPointerEnter={(event) => show(r, d, event.currentTarget)} onPointerLeave={() => setAt(null)}
                        onFocus={(event) => show(r, d, event.currentTarget)} onBlur={() => setAt(null)}
                        onClick={() => onPick(row, one)}
                      />
                    </span>
                  );
                })}
              </div>
              <span className="dots-note">{row.note}</span>
            </li>
          );
        })}
      </ul>
      <div className="dots-row dots-axis" aria-hidden="true"><span className="dots-name" /><div className="dots-track">{lines.map((line) => <span key={line} style={{ left: part(line) }}>{tick(line)}</span>)}</div><span className="dots-note" /></div>
      {at && <TipBox place={at.place} tip={tip(at.row, at.dot)} width={width} line={false} />}
    </div>
  );
}
