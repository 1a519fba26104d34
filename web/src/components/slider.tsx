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
  onChange: (value: number) => void;
}

const REST_MS = 250;

/** A slider over given stops; tells its new value once it rests. */
export function Slider({ id, label, hint, value, stops, text, onChange }: Props) {
  const nearest = stops.reduce((best, stop, index) => (Math.abs(stop - value) < Math.abs((stops[best] ?? 0) - value) ? index : best), 0);
  const [dragged, setDragged] = useState<number | null>(null);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const drag = (index: number) => {
    setDragged(index);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setDragged(null);
      const stop = stops[index];
      if (stop !== undefined && stop !== value) onChange(stop);
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
