import { useEffect, useRef, useState } from 'react';
import { Hint } from './ui';

interface Props {
  id: string;
  label: string;
  hint: string;
  value: number;
  /** The values it can take, ascending. */
  stops: number[];
  text: (value: number) => string;
  /** While it moves, every MOVE_MS at most. */
  onMove: (value: number) => void;
  /** Once it rests: for the address, which browsers let change only so often. */
  onRest: (value: number) => void;
}

const MOVE_MS = 80;
const REST_MS = 400;

/** A slider over given stops. */
export function Slider({ id, label, hint, value, stops, text, onMove, onRest }: Props) {
  const nearest = stops.reduce((best, stop, index) => (Math.abs(stop - value) < Math.abs((stops[best] ?? 0) - value) ? index : best), 0);
  const [dragged, setDragged] = useState<number | null>(null);
  const moving = useRef(0);
  const resting = useRef(0);
  const latest = useRef(value);
  useEffect(() => () => [moving, resting].forEach((timer) => clearTimeout(timer.current)), []);
  const drag = (index: number) => {
    setDragged(index);
    latest.current = stops[index] ?? value;
    if (!moving.current) {
      moving.current = window.setTimeout(() => {
        moving.current = 0;
        onMove(latest.current);
      }, MOVE_MS);
    }
    clearTimeout(resting.current);
    resting.current = window.setTimeout(() => {
      setDragged(null);
      onRest(latest.current);
    }, REST_MS);
  };
  const shown = text(dragged === null ? value : (stops[dragged] ?? value));
  return (
    <label className="slider">
      <span className="select-label">{label} <b>{shown}</b><Hint text={hint} /></span>
      <input type="range" min={0} max={stops.length - 1} step={1} value={dragged ?? nearest} aria-valuetext={shown} data-testid={id} onChange={(event) => drag(Number(event.target.value))} />
    </label>
  );
}
