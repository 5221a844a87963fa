/** How archives are looked for: since when, and in which unit. */
import type { RecordingEntry } from '../protocol';

export type Period = 'any' | 'week' | 'month' | 'quarter' | 'year';

export const PERIODS: readonly Period[] = ['any', 'week', 'month', 'quarter', 'year'];

const DAY = 86_400_000;
const DAYS: Readonly<Record<Exclude<Period, 'any'>, number>> = { week: 7, month: 30, quarter: 91, year: 365 };

export interface Unit {
  readonly id: string;
  readonly name: string;
}

/** Its bounds, in milliseconds since 1970 UTC. */
export function periodOf(period: Period, now: number): { readonly from: number | null; readonly to: number | null } {
  return { from: period === 'any' ? null : now - DAYS[period] * DAY, to: null };
}

/** The units that are known of, with those of more recordings; by their names. */
export function unitsOf(known: readonly Unit[], recordings: readonly RecordingEntry[]): readonly Unit[] {
  const units = new Map(known.map(({ id, name }) => [id, name]));
  for (const { unit, host_unit: name } of recordings) if (unit !== null && name !== null) units.set(unit, name);
  return [...units].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name, 'vi'));
}
