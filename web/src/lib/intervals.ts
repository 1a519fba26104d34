/* "30d", "12h": lengths of time as the API takes them. */

const SIZES: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function lengthMs(text: string): number | null {
  const match = /^(\d+)([mhdw])$/.exec(text);
  return match ? Number(match[1]) * (SIZES[match[2] ?? ''] ?? 0) : null;
}
