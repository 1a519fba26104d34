/* Amounts of ads in whatever currency they are, and what the rows of a file of ad data are. Pure. */

const CODE = /^[A-Z]{3}$/;

const CENTS = 100;

/** Currency units as text; a currency that the browser does not know stands behind the number. */
export function amountText(lang: string, units: number, currency: string | null): string {
  const spoken = lang.startsWith('en') ? 'en-US' : lang;
  const digits = Math.round(units * CENTS) % CENTS === 0 ? 0 : 2;
  const plain: Intl.NumberFormatOptions = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  if (currency && CODE.test(currency)) return new Intl.NumberFormat(spoken, { ...plain, style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(units);
  return new Intl.NumberFormat(spoken, plain).format(units) + (currency ? ` ${currency}` : '');
}

/** The same of whole minor units, which are cents in every currency. */
export const minorText = (lang: string, minor: number, currency: string | null) => amountText(lang, minor / CENTS, currency);

/** What a person typed ("1 234,50") as whole minor units; null if it is no amount. */
export function minorOf(text: string): number | null {
  const plain = text.replaceAll(/[\s\u00A0\u202F]/g, '').replace(',', '.');
  if (!/^\d{1,12}(\.\d{1,2})?$/.test(plain)) return null;
  return Math.round(Number(plain) * CENTS);
}

/** Minor units as one types them: 1234.5 */
export const typed = (minor: number) => String(minor / CENTS);

/** A number that was typed with a comma or a point; null: nothing; undefined: no number. */
export function numberOf(text: string): number | null | undefined {
  const plain = text.replaceAll(/[\s\u00A0\u202F]/g, '').replace(',', '.');
  if (plain === '') return null;
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}

/** Fields that only rows of campaigns have; conversion_rate alone does not make a row one. */
const OF_CAMPAIGN = new Set(['target_audience', 'campaign_goal', 'duration', 'acquisition_cost', 'roi', 'location', 'language', 'engagement_score', 'customer_segment', 'company']);

/** What the rows of a file are by the fields that its columns mean: campaigns as a whole, or their days. */
export function kindOf(fields: readonly string[]): 'campaigns' | 'days' {
  const described = fields.some((field) => OF_CAMPAIGN.has(field));
  return described && !fields.includes('cost') && (fields.includes('campaign_id') || fields.includes('campaign_name')) ? 'campaigns' : 'days';
}

/** A pattern of an adapter (POSIX extended) holds for the whole text; one that the browser cannot read holds for all. */
export function fits(pattern: string, text: string): boolean {
  if (!pattern) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(text);
  } catch {
    return true;
  }
}
