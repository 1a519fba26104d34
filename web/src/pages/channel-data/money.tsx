/* What other currencies are worth, and what may be spent. */
import { BudgetsPanel } from './budgets';
import { RatesPanel } from './rates';

export function MoneyTab() {
  return <><BudgetsPanel /><RatesPanel /></>;
}
