import { useState } from 'react';
import { ApiError, send } from '../../api/client';
import type { Rule, Rules } from '../../api/types';
import { Async, Button, Dot, IconButton, Panel, Problem, Select } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh, useQuery } from '../../hooks/useQuery';
import { channelColor } from '../../lib/color';
import { csv, download } from '../../lib/csv';
import { DIMENSIONS } from '../../lib/filters';

const RULES = '/api/v1/rules';
const FIELDS = DIMENSIONS.filter((dim) => dim !== 'platform');

export function RulesTab() {
  const rules = useQuery<Rules>(RULES);
  const { t } = useApp();
  // Kept here: what is saved comes back as a new editor.
  const [told, setTold] = useState(false);
  return (
    <Panel title={t.rulesTitle} hint={t.rulesWhat} testid="rules">
      <Async query={rules} height={480}>{(data) => <Editor key={JSON.stringify(data)} saved={data.rules} told={told} tell={setTold} />}</Async>
    </Panel>
  );
}

/** A rule while it is edited: its values are one text. The id keeps the row while it moves. */
interface Draft { id: number; rule: Rule; values: string }

const draft = (rule: Rule, id: number): Draft => ({ id, rule, values: rule.values.join(', ') });
const ruleOf = ({ rule, values }: Draft): Rule => ({ ...rule, values: values.split(',').map((value) => value.trim()).filter(Boolean) });

function Editor({ saved, told, tell }: { saved: Rule[]; told: boolean; tell: (told: boolean) => void }) {
  const { t, session } = useApp();
  const [rows, setRows] = useState(() => saved.map(draft));
  const action = useAction();
  const admin = session.role === 'admin';
  const rules = rows.map(ruleOf);
  const changed = JSON.stringify(rules) !== JSON.stringify(saved);
  const change = (at: number, part: Partial<Rule>, values?: string) => setRows(rows.map((row, index) => (index === at ? { ...row, rule: { ...row.rule, ...part }, values: values ?? row.values } : row)));
  const move = (at: number, by: number) => {
    const next = [...rows];
    const [row] = next.splice(at, 1);
    if (row) next.splice(at + by, 0, row);
    setRows(next);
  };
  const field = action.error instanceof ApiError ? action.error.field : undefined;
  const wrong = /^rules\[(\d+)\]/.exec(field ?? '')?.[1];
  const save = async () => {
    const good = await action.run(async () => {
      await send<Rules>('PUT', RULES, { rules });
    });
    if (!good) return;
    tell(true);
    refresh();
  };

  return (
    <>
      <p className="faint">{t.rulesHow}</p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t.rulesTitle}>
        <table className="rules" data-testid="rules-table">
          <thead><tr><th className="number">#</th><th>{t.fields}</th><th>{t.operator}</th><th>{t.values}</th><th>{t.dims.platform}</th><th title={t.paidWhat}>{t.paid}</th>{admin && <th><span className="unseen">{t.actions}</span></th>}</tr></thead>
          <tbody>
            {rows.map((row, index) => (
              <RuleRow key={row.id} row={row} index={index} count={rows.length} admin={admin} error={wrong === String(index) ? (action.error?.message ?? null) : null} change={change} move={move} drop={() => setRows(rows.filter((one) => one !== row))} />
            ))}
            <tr className="otherwise"><td /><td colSpan={3}>{t.otherwise}</td><td><Dot color={channelColor('unknown')} />unknown</td><td /><td /></tr>
          </tbody>
        </table>
      </div>
      {action.error && wrong === undefined && <Problem error={action.error} />}
      {admin && (
        <div className="row">
          <Button icon="plus" data-testid="rule-add" onClick={() => setRows([...rows, draft({ fields: ['source'], op: 'is', values: [], platform: '', paid: false }, Math.max(0, ...rows.map((row) => row.id)) + 1)])}>{t.addRule}</Button>
          <span className="grow" />
          <Button kind="quiet" icon="download" title={t.exportCsv} onClick={() => download('rules.csv', csv([[t.fields, t.operator, t.values, t.dims.platform, t.paid], ...rules.map((rule) => [rule.fields.join(' '), rule.op, rule.values.join(' '), rule.platform, rule.paid])]))}>CSV</Button>
          {told && !changed && <span className="good" role="status">{t.rulesSaved}</span>}
          <Button disabled={!changed} onClick={() => setRows(saved.map(draft))}>{t.discard}</Button>
          <Button kind="main" disabled={!changed || action.busy} data-testid="rules-save" onClick={() => void save()}>{action.busy ? t.saving : t.save}</Button>
        </div>
      )}
    </>
  );
}

interface RowProps {
  row: Draft;
  index: number;
  count: number;
  admin: boolean;
  error: string | null;
  change: (at: number, part: Partial<Rule>, values?: string) => void;
  move: (at: number, by: number) => void;
  drop: () => void;
}

function RuleRow({ row, index, count, admin, error, change, move, drop }: RowProps) {
  const { t } = useApp();
  const { rule, values } = row;
  const toggle = (name: string) => change(index, { fields: FIELDS.filter((one) => (one === name ? !rule.fields.includes(one) : rule.fields.includes(one))) });
  return (
    <>
      <tr data-testid="rules-row" data-index={index} className={error ? 'wrong' : ''}>
        <td className="faint number">{index + 1}</td>
        <td>
          <span className="fields-pick">
            {rule.fields.map((name, at) => (
              <span key={name}>{at > 0 && <span className="faint"> {t.or} </span>}{t.dims[name as 'source'] ?? name}{admin && rule.fields.length > 1 && <button type="button" className="x" aria-label={t.removeField(name)} onClick={() => toggle(name)}>×</button>}</span>
            ))}
            {admin && (
              <select className="add-field" value="" aria-label={t.addField} title={t.addField} onChange={(event) => toggle(event.target.value)}>
                <option value="">+</option>
                {FIELDS.filter((name) => !rule.fields.includes(name)).map((name) => <option key={name} value={name}>{t.dims[name]}</option>)}
              </select>
            )}
          </span>
        </td>
        <td>{admin ? <Select label={t.operator} value={rule.op} options={[{ value: 'is', label: t.ruleOps.is }, { value: 'contains', label: t.ruleOps.contains }]} onChange={(op) => change(index, { op })} /> : t.ruleOps[rule.op]}</td>
        <td><input className="input" value={values} readOnly={!admin} aria-label={t.values} data-testid="rule-values" placeholder="fb, facebook" onChange={(event) => change(index, {}, event.target.value)} /></td>
        <td><span className="row tight"><Dot color={channelColor(rule.platform)} /><input className="input" value={rule.platform} readOnly={!admin} aria-label={t.dims.platform} data-testid="rule-platform" onChange={(event) => change(index, { platform: event.target.value })} /></span></td>
        <td><input type="checkbox" checked={rule.paid} disabled={!admin} aria-label={t.paid} onChange={(event) => change(index, { paid: event.target.checked })} /></td>
        {admin && (
          <td>
            <span className="row tight">
              <IconButton icon="up" label={t.moveUp} disabled={index === 0} onClick={() => move(index, -1)} data-testid="rule-up" />
              <IconButton icon="down" label={t.moveDown} disabled={index === count - 1} onClick={() => move(index, 1)} data-testid="rule-down" />
              <IconButton icon="trash" label={t.remove} onClick={drop} data-testid="rule-delete" />
            </span>
          </td>
        )}
      </tr>
      {error && <tr className="wrong"><td /><td colSpan={6} className="bad" role="alert" data-testid="rule-error">{error}</td></tr>}
    </>
  );
}
