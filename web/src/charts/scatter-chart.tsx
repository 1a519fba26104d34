import { useRef, useState, type KeyboardEvent } from 'react';
import { ticks } from '../lib/compare';
import { TipBox, type Place, type Tip } from './chart';

export interface Point { key: string; name: string; color: string; x: number; y: number }

interface Props {
  points: readonly Point[];
  xName: string;
  yName: string;
  /** Where y is so many times x: a line, and what it says. */
  line: { slope: number; name: string };
  tick: (value: number) => string;
  label: string;
  tip: (point: Point) => Tip;
  onPick: (point: Point) => void;
}

/** Points of two amounts. One stop of Tab: the arrows go from point to point, from left to right. */
export function ScatterChart({ points, xName, yName, line, tick, label, tip, onPick }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<{ index: number; place: Place; width: number } | null>(null);
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const top = { x: Math.max(1, ...points.map((point) => point.x)) * 1.05, y: Math.max(1, ...points.map((point) => point.y)) * 1.08 };
  const part = (value: number, most: number) => Math.max(0, Math.min(100, (value / most) * 100));
  // The line ends at the edge that it meets first.
  const end = Math.min(top.x, top.y / line.slope);
  const stop = Math.min(at?.index ?? 0, sorted.length - 1);

  const show = (index: number, element: HTMLElement) => {
    const own = element.getBoundingClientRect();
    const all = box.current?.getBoundingClientRect();
    if (all) setAt({ index, width: all.width, place: { index, x: own.left - all.left + own.width / 2, y: own.top - all.top } });
  };
  const walk = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' || event.key === 'ArrowUp' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowDown' ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    box.current?.querySelector<HTMLElement>(`[data-point="${Math.max(0, Math.min(sorted.length - 1, stop + by))}"]`)?.focus();
  };
  const shown = at && sorted[at.index];
  return (
    <div className="chart scatter" ref={box} role="group" aria-label={label} onKeyDown={walk}>
      <span className="scatter-y faint">{yName}</span>
      <div className="scatter-plot">
        {ticks(0, top.y).map((value) => <span key={value} className="scatter-line" style={{ bottom: `${part(value, top.y)}%` }}><span>{tick(value)}</span></span>)}
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><line x1="0" y1="100" x2={part(end, top.x)} y2={100 - part(end * line.slope, top.y)} /></svg>
        <span className="scatter-slope faint" style={{ left: `${part(end, top.x)}%`, bottom: `${part(end * line.slope, top.y)}%` }}>{line.name}</span>
        {sorted.map((point, index) => (
          <button
            key={point.key} type="button" className="point" style={{ left: `${part(point.x, top.x)}%`, bottom: `${part(point.y, top.y)}%`, background: point.color }}
            tabIndex={index === stop ? 0 : -1} data-testid="point" data-point={index} data-key={point.key} aria-label={`${point.name}: ${tip(point).rows.map((row) => `${row.name} ${row.value}`).join(', ')}`}
            onPointerEnter={(event) => show(index, event.currentTarget)} onPointerLeave={() => setAt(null)} onFocus={(event) => show(index, event.currentTarget)} onBlur={() => setAt(null)}
            onClick={() => onPick(point)}
          />
        ))}
      </div>
      <div className="scatter-x faint" aria-hidden="true">{ticks(0, top.x).map((value) => <span key={value} style={{ left: `${part(value, top.x)}%` }}>{tick(value)}</span>)}</div>
      <span className="scatter-x-name faint">{xName}</span>
      {at && shown && <TipBox place={at.place} tip={tip(shown)} width={at.width} line={false} />}
    </div>
  );
}
