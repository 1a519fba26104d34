import { useState } from 'react';
import { send } from '../../api/client';
import type { Budget, Budgets, ChannelList } from '../../api/types';
import { Field, TextField } from '../../components/field';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dialog, Dot, Empty, IconButton, Link, Panel, Problem, Segmented } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh, useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { minorOf, typed } from '../../lib/ads';
import { channelColor } from '../../lib/color';
import { monthEnd, monthStart } from '../../lib/range';
import { CampaignField, Sure, useAmounts, useWords, wrongAt } from './parts';

const BUDGETS = '/api/v1/budgets';
/** So far from its plan a budget may be before that is said in colour. */
const OFF = 0.1;
const NEARLY = 0.9;

export function BudgetsPanel() {
  const { t, session } = useApp();
  const words = useWords();
  const { params } = useUrl();
  const budgets = useQuery<Budgets>(BUDGETS);
  const [dropping, setDropping] = useState<Budget | null>(null);
  const admin = session.role === 'admin';
  const asked = params.get('budget');
  const saved = budgets.data?.budgets.find((one) => String(one.id) === asked) ?? null;
  return (
    <Panel title={words.budgets} hint={words.budgetsWhat} testid="budgets" actions={admin && <Button icon="plus" data-testid="budget-new" onClick={() => patch({ budget: 'new' })}>{words.newBudget}</Button>}>
      <Async query={budgets} height={160}>{(data) => <BudgetTable rows={data.budgets} admin={admin} onDrop={setDropping} />}</Async>
      {admin && (saved || asked === 'new') && <BudgetForm key={asked} saved={saved} onClose={() => patch({ budget: null })} />}
      {dropping && (
        <Sure title={words.deleteBudget(dropping.name)} what={words.deleteBudgetWhat} word={t.remove} testid="budget-drop" onClose={() => setDropping(null)} act={() => send('DELETE', `${BUDGETS}/${dropping.id}`)} onDone={() => {
          setDropping(null);
          refresh(BUDGETS);
        }} />
      )}
    </Panel>
  );
}

function BudgetTable({ rows, admin, onDrop }: { rows: Budget[]; admin: boolean; onDrop: (one: Budget) => void }) {
  const { t, fmt, session } = useApp();
  const words = useWords();
  const amounts = useAmounts();
  const course = (row: Budget) => {
    if (row.spent === null) return <span className="faint" title={words.spentUnknown}>—</span>;
    if (row.pace === null) return <span className="faint">{words.notBegun(fmt.day(row.first_day))}</span>;
    if (row.last_day < session.today) return <span className={row.spent > row.amount ? 'bad' : ''}>{words.ended}</span>;
    const off = row.pace - 1;
    return <span className={off > OFF ? 'bad' : off < -OFF ? 'warn' : 'good'} title={words.paceWhat}>{words.onCourse(amounts.minor(Math.round(row.amount * row.pace), row.currency), fmt.percent(row.pace))}</span>;
  };
  const columns: Column<Budget>[] = [
    { key: 'name', title: t.name, value: (row) => row.name, show: (row) => <b>{row.name}</b> },
    { key: 'of', title: words.of, value: (row) => row.channel ?? row.campaign_name ?? row.campaign_id ?? words.ofAllAds, show: (row) => (row.channel ? <span className="row tight"><Dot color={channelColor(row.channel)} />{row.channel}</span> : row.campaign_id ? <Link href={hrefOf('/channels/campaigns', { campaign: row.campaign_id })}>{row.campaign_name || row.campaign_id}</Link> : words.ofAllAds) },
    { key: 'days', title: words.days, value: (row) => `${row.first_day} – ${row.last_day}`, show: (row) => fmt.dayRange(row.first_day, row.last_day) },
    { key: 'amount', title: words.amount, numeric: true, unit: 'money', value: (row) => row.amount / 100, show: (row) => amounts.minor(row.amount, row.currency) },
    { key: 'spent', title: words.spent, hint: words.spentWhat, numeric: true, unit: 'money', value: (row) => (row.spent === null ? null : row.spent / 100), show: (row) => (row.spent === null ? <span title={words.spentUnknown}>—</span> : <>{amounts.minor(row.spent, row.currency)}{row.unpriced > 0 && <Link href={hrefOf('/channels/money')} title={words.unpricedRows(row.unpriced, fmt.exact(row.unpriced))}> *</Link>}</>) },
    { key: 'share', title: words.shareSpent, numeric: true, unit: 'share', value: (row) => row.share, show: (row) => (row.share === null ? <span title={words.spentUnknown}>—</span> : <span className="budget-share"><i className={row.share > 1 ? 'over' : row.share > NEARLY ? 'nearly' : ''} style={{ width: `${Math.min(100, row.share * 100)}%` }} aria-hidden="true" /><span>{fmt.percent(row.share)}</span></span>), attributes: (row) => ({ 'data-testid': 'budget-share', 'data-value': String(row.share) }) },
    { key: 'pace', title: words.course, hint: words.paceWhat, value: (row) => row.pace, show: course },
    { key: 'left', title: words.daysLeft, numeric: true, value: (row) => row.days_left },
    ...(admin ? [{ key: 'do', title: t.actions, value: () => null, show: (row: Budget) => <span className="row tight"><IconButton icon="edit" label={words.edit} data-testid="budget-edit" onClick={() => patch({ budget: String(row.id) })} /><IconButton icon="trash" label={t.remove} data-testid="budget-delete" onClick={() => onDrop(row)} /></span> }] : []),
  ];
  return <Table name="budgets" testid="budgets-table" rowTestid="budget-row" caption={words.budgets} columns={columns} rows={rows} rowKey={(row) => String(row.id)} empty={<Empty title={words.noBudgets}><p>{words.noBudgetsWhat}</p></Empty>} />;
}

type Of = 'all' | 'channel' | 'campaign';

function BudgetForm({ saved, onClose }: { saved: Budget | null; onClose: () => void }) {
  const { t, session } = useApp();
  const words = useWords();
  const channels = useQuery<ChannelList>('/api/v1/channel-list');
  const { busy, error, run } = useAction();
  const [name, setName] = useState(saved?.name ?? '');
  const [of, setOf] = useState<Of>(saved?.channel ? 'channel' : saved?.campaign_id ? 'campaign' : 'all');
  const [channel, setChannel] = useState(saved?.channel ?? '');
  const [campaign, setCampaign] = useState(saved?.campaign_id ?? '');
  const [first, setFirst] = useState(saved?.first_day ?? monthStart(session.today));
  const [last, setLast] = useState(saved?.last_day ?? monthEnd(session.today));
  const [amount, setAmount] = useState(saved ? typed(saved.amount) : '');
  const [currency, setCurrency] = useState(saved?.currency ?? session.currency);
  const minor = minorOf(amount);
  const wrong = wrongAt(error, ['name', 'channel', 'campaign_id', 'first_day', 'last_day', 'amount', 'currency']);
  const ready = name.trim() !== '' && minor !== null && first !== '' && last !== '' && (of === 'all' || (of === 'channel' ? channel : campaign) !== '');
  const save = async () => {
    const body = { name: name.trim(), channel: of === 'channel' ? channel : null, campaign_id: of === 'campaign' ? campaign : null, first_day: first, last_day: last, amount: minor, currency: currency.trim() };
    if (!(await run(async () => void (await (saved ? send<Budget>('PUT', `${BUDGETS}/${saved.id}`, body) : send<Budget>('POST', BUDGETS, body)))))) return;
    refresh(BUDGETS);
    onClose();
  };
  return (
    <Dialog side title={saved ? saved.name : words.newBudget} onClose={onClose} testid="budget-form">
      <form className="form" noValidate onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) void save();
      }}>
        <TextField label={t.name} value={name} maxLength={200} onChange={setName} error={wrong.at('name')} data-testid="budget-name" />
        <Field label={words.of} own error={undefined}><Segmented label={words.of} value={of} options={(['all', 'channel', 'campaign'] as const).map((value) => ({ value, label: words.ofs[value] }))} onChange={setOf} /></Field>
        {of === 'channel' && (
          <Field label={words.channel} error={wrong.at('channel')}>
            <select className="input" value={channel} data-testid="budget-channel" onChange={(event) => setChannel(event.target.value)}>
              <option value="">{words.chooseChannel}</option>
              {(channels.data?.channels ?? []).map((one) => <option key={one.name}>{one.name}</option>)}
            </select>
          </Field>
        )}
        {of === 'campaign' && <Field label={words.campaign} own error={wrong.at('campaign_id')}><CampaignField label={words.campaign} value={campaign} name={saved?.campaign_name ?? null} onChange={setCampaign} testid="budget-campaign" /></Field>}
        <div className="form-row">
          <TextField label={words.firstDay} type="date" value={first} onChange={setFirst} error={wrong.at('first_day')} data-testid="budget-first" />
          <TextField label={words.lastDay} type="date" value={last} onChange={setLast} error={wrong.at('last_day')} data-testid="budget-last" />
        </div>
        <div className="form-row">
          <TextField label={words.amount} inputMode="decimal" value={amount} onChange={setAmount} error={wrong.at('amount') ?? (amount && minor === null ? words.noAmount : undefined)} data-testid="budget-amount" />
          <TextField label={words.currency} value={currency} maxLength={8} size={6} onChange={(text) => setCurrency(text.toUpperCase())} error={wrong.at('currency')} data-testid="budget-currency" />
        </div>
        {wrong.rest && <Problem error={wrong.rest} />}
        <div className="row end"><Button onClick={onClose}>{t.cancel}</Button><Button kind="main" type="submit" disabled={!ready || busy} data-testid="budget-save">{busy ? t.saving : t.save}</Button></div>
      </form>
    </Dialog>
  );
}
