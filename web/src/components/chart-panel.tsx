import { useState, type ReactNode } from 'react';
import { useApp } from '../hooks/useApp';
import { Dot, IconButton, Panel } from './ui';

interface Props {
  title: ReactNode;
  hint?: string;
  note?: ReactNode;
  actions?: ReactNode;
  legend?: { name: string; color: string; dashed?: boolean }[];
  chart: ReactNode;
  table: ReactNode;
  testid?: string;
}

/** A chart and the same numbers as a table, one press apart. */
export function ChartPanel({ title, hint, note, actions, legend, chart, table, testid }: Props) {
  const { t } = useApp();
  const [asTable, setAsTable] = useState(false);
  return (
    <Panel
      title={title}
      {...(hint ? { hint } : {})}
      {...(testid ? { testid } : {})}
      note={note}
      actions={
        <>
          {actions}
          <IconButton icon={asTable ? 'chart' : 'table'} label={asTable ? t.asChart : t.asTable} aria-pressed={asTable} onClick={() => setAsTable(!asTable)} data-testid="as-table" />
        </>
      }
    >
      {!asTable && legend && (
        <ul className="legend">
          {legend.map((one) => <li key={one.name}>{one.dashed ? <i className="dash" style={{ borderColor: one.color }} /> : <Dot color={one.color} />}{one.name}</li>)}
        </ul>
      )}
      {asTable ? table : chart}
    </Panel>
  );
}
