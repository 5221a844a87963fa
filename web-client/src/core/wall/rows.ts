/** The wall as rows, and which of them are in sight. */
import { plain, type SiteState } from './sites';

export type WallView = 'tree' | 'grid' | 'list';

/** The tiers that names tell of, the highest first. */
export type Tier = 'province' | 'district' | 'commune' | 'other';

interface UnitRow {
  readonly type: 'unit';
  /** Null for those without one. */
  readonly unit: string | null;
  readonly tier: Tier;
  readonly here: number;
  readonly total: number;
  /** How many of them need help. */
  readonly troubled: number;
  readonly isOpen: boolean;
}

interface TilesRow {
  readonly type: 'tiles';
  readonly sites: readonly SiteState[];
  /** As many as stand beside each other in a full row. */
  readonly columns: number;
  /** They do not stand under their unit. */
  readonly isFlat: boolean;
  /** The place of its first in the wall, from 1. */
  readonly first: number;
}

interface LineRow {
  readonly type: 'line';
  readonly site: SiteState;
  readonly first: number;
}

export type WallRow = UnitRow | TilesRow | LineRow;

/** Of each kind of row, in CSS pixels with the space below it. */
export const HEIGHTS: Readonly<Record<WallRow['type'], number>> = { unit: 44, tiles: 112, line: 56 };

/** A tile is at least so wide, with the space beside it. */
const TILE = 176;
/** Rows beyond the edges, so that scrolling shows no holes. */
const BEYOND = 400;

const TIERS: readonly Tier[] = ['province', 'district', 'commune', 'other'];
const SAID: Readonly<Record<Exclude<Tier, 'other'>, RegExp>> = {
  province: /(^|\s)(tinh|thanh pho|province|city)(\s|$)/u,
  district: /(^|\s)(huyen|quan|thi xa|district|town)(\s|$)/u,
  commune: /(^|\s)(xa|phuong|thi tran|dac khu|commune|ward)(\s|$)/u,
};

/** The tier that a unit's name tells of. */
export function tierOf(unit: string | null): Tier {
  if (unit === null) return 'other';
  const said = plain(unit);
  // Thị xã has xã in it: the higher tier is looked for first.
  return TIERS.find((tier) => tier !== 'other' && SAID[tier].test(said)) ?? 'other';
}

/** As many tiles as stand beside each other. */
export function columnsIn(width: number): number {
  return Math.max(1, Math.floor(width / TILE));
}

/** The rows of a wall of this width; `folded` units show only their line. */
export function rowsOf(sites: readonly SiteState[], view: WallView, width: number, folded: ReadonlySet<string | null>): readonly WallRow[] {
  switch (view) {
    case 'list':
      return sites.map((site, index) => ({ type: 'line', site, first: index + 1 }));
    case 'grid':
      return tilesOf(sites, columnsIn(width), 1, true);
    case 'tree':
      return treeOf(sites, columnsIn(width), folded);
  }
}

function tilesOf(sites: readonly SiteState[], columns: number, first: number, isFlat: boolean): TilesRow[] {
  return Array.from({ length: Math.ceil(sites.length / columns) }, (_, row) => ({
    type: 'tiles',
    sites: sites.slice(row * columns, (row + 1) * columns),
    columns,
    isFlat,
    first: first + row * columns,
  }));
}

/** Units by tier and then by name, each with its sites. */
function treeOf(sites: readonly SiteState[], columns: number, folded: ReadonlySet<string | null>): readonly WallRow[] {
  const units = new Map<string | null, SiteState[]>();
  for (const site of sites) {
    const { unit } = site.participant;
    const known = units.get(unit);
    if (known === undefined) units.set(unit, [site]);
    else known.push(site);
  }
  const inOrder = [...units].sort(
    ([a], [b]) => TIERS.indexOf(tierOf(a)) - TIERS.indexOf(tierOf(b)) || Number(a === null) - Number(b === null) || (a ?? '').localeCompare(b ?? '', 'vi'),
  );
  let first = 1;
  return inOrder.flatMap(([unit, own]): WallRow[] => {
    const isOpen = !folded.has(unit);
    const row: UnitRow = {
      type: 'unit',
      unit,
      tier: tierOf(unit),
      here: own.filter(({ participant }) => participant.presence !== 'left').length,
      total: own.length,
      troubled: own.filter(({ filters }) => filters.some((filter) => filter !== 'hand')).length,
      isOpen,
    };
    const tiles = isOpen ? tilesOf(own, columns, first, false) : [];
    first += own.length;
    return [row, ...tiles];
  });
}

/** What is drawn of it, in CSS pixels from its top. */
export interface Window {
  /** Of the rows, from 0; `end` is behind the last. */
  readonly start: number;
  readonly end: number;
  /** Where the first of them stands. */
  readonly top: number;
  /** Of all rows. */
  readonly height: number;
}

/** The rows that are in sight, and some beyond. */
export function windowOf(rows: readonly WallRow[], scrolled: number, height: number): Window {
  let [at, start, end, top] = [0, -1, 0, 0];
  rows.forEach((row, index) => {
    const below = at + HEIGHTS[row.type];
    if (below > scrolled - BEYOND && at < scrolled + height + BEYOND) {
      if (start < 0) [start, top] = [index, at];
      end = index + 1;
    }
    at = below;
  });
  return { start: Math.max(0, start), end, top, height: at };
}
