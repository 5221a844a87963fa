/**
 * Where things stand in the room: pure arithmetic from the size of the page's
 * free area to rectangles, in CSS pixels.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Geometry {
  /** The main picture; absent in a grid. */
  readonly main: Rect | null;
  /** Places for tiles, in reading order. */
  readonly tiles: readonly Rect[];
}

/** How the page shows the meeting. */
export type View = 'stage' | 'grid' | 'focus';

const GAP = 10;
const RATIO = 16 / 9;
/** So many tiles stand in a column beside the main picture, where its height allows. */
const STRIP_ROWS = 5;
/** The main picture, the eight pictures beside it, and ourselves. */
const MOST_TILES = 9;
/** A page of a grid: 24 others, and ourselves. */
const MOST_IN_GRID = 25;
/** In smaller tiles than this, in pixels of width, nobody knows anybody; on a phone one holds it nearer. */
const LEAST_WIDTH = 150;
const LEAST_WIDTH_NARROW = 110;

/**
 * Places for the main picture and as many of `wanted` tiles as fit. `wanted`
 * is at least one: our own tile.
 */
export function place(room: Size, view: View, wanted: number): Geometry {
  const count = Math.max(1, Math.min(wanted, MOST_TILES));
  switch (view) {
    case 'grid':
      return { main: null, tiles: grid(room, Math.max(1, Math.min(wanted, gridCapacity(room)))) };
    case 'focus':
      return { main: { left: 0, top: 0, ...room }, tiles: [corner(room)] };
    case 'stage': {
      const beside = stripBeside(room, count);
      const below = stripBelow(room, count);
      return pictureArea(beside.main) >= pictureArea(below.main) ? beside : below;
    }
  }
}

/** Parts of a place for pictures of equal rank: two beside or above each other, up to four in two rows. */
export function sideBySide({ left, top, width, height }: Rect, count: number): readonly Rect[] {
  const columns = count === 1 ? 1 : count === 2 && width < height ? 1 : 2;
  const rows = Math.ceil(count / columns);
  const part = { width: Math.floor((width - GAP * (columns - 1)) / columns), height: Math.floor((height - GAP * (rows - 1)) / rows) };
  return Array.from({ length: count }, (_, index) => ({
    left: left + (index % columns) * (part.width + GAP),
    top: top + Math.floor(index / columns) * (part.height + GAP),
    ...part,
  }));
}

/** As many tiles as stand on one page of a grid and are large enough. */
export function gridCapacity(room: Size): number {
  const least = room.width < 600 ? LEAST_WIDTH_NARROW : LEAST_WIDTH;
  let count = MOST_IN_GRID;
  while (count > 1 && (grid(room, count)[0]?.width ?? 0) < least) count -= 1;
  return count;
}

/** The largest rectangle of the ratio 16:9 in a rectangle, by its area. */
function pictureArea(rect: Rect | null): number {
  if (rect === null) return 0;
  const width = Math.min(rect.width, rect.height * RATIO);
  return Math.max(0, width * (width / RATIO));
}

function stripBeside(room: Size, count: number): Geometry {
  const aimed = clamp(count, 3, STRIP_ROWS);
  const width = clamp(Math.floor(((room.height - GAP * (aimed - 1)) / aimed) * RATIO), 120, 272);
  const height = Math.floor(width / RATIO);
  const rows = Math.max(1, Math.floor((room.height + GAP) / (height + GAP)));
  const shown = Math.min(count, rows);
  const left = room.width - width;
  return {
    main: { left: 0, top: 0, width: Math.max(0, left - GAP), height: room.height },
    tiles: Array.from({ length: shown }, (_, index) => ({ left, top: index * (height + GAP), width, height })),
  };
}

function stripBelow(room: Size, count: number): Geometry {
  const columnsFor = (width: number) => Math.max(1, Math.floor((room.width + GAP) / (width + GAP)));
  const narrow = room.width < 600;
  const columns = narrow ? 2 : columnsFor(clamp(Math.round(room.width * 0.16), 150, 260));
  const width = Math.floor((room.width - GAP * (columns - 1)) / columns);
  const height = Math.round(width / RATIO);
  // The main picture takes what 16:9 needs; further rows get what it leaves.
  const free = room.height - room.width / RATIO;
  const needed = Math.ceil(count / columns);
  const rows = clamp(Math.floor(free / (height + GAP)), 1, needed);
  const shown = Math.min(count, rows * columns);
  const mainHeight = Math.max(0, room.height - rows * (height + GAP));
  const mainShown = narrow ? Math.min(mainHeight, Math.round(room.width / 1.2)) : mainHeight;
  return {
    main: { left: 0, top: 0, width: room.width, height: mainShown },
    tiles: Array.from({ length: shown }, (_, index) => {
      const row = Math.floor(index / columns);
      const inRow = Math.min(columns, shown - row * columns);
      const indent = narrow ? 0 : (room.width - inRow * width - (inRow - 1) * GAP) / 2;
      return {
        left: Math.round(indent + (index % columns) * (width + GAP)),
        top: mainShown + GAP + row * (height + GAP),
        width,
        height,
      };
    }),
  };
}

function grid(room: Size, count: number): Rect[] {
  let best = { width: 0, height: 0, columns: 1 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const freeWidth = (room.width - GAP * (columns - 1)) / columns;
    const freeHeight = (room.height - GAP * (rows - 1)) / rows;
    const width = Math.floor(Math.max(0, Math.min(freeWidth, freeHeight * RATIO)));
    if (width > best.width) best = { width, height: Math.floor(width / RATIO), columns };
  }
  const { width, height, columns } = best;
  const rows = Math.ceil(count / columns);
  const top = (room.height - rows * height - (rows - 1) * GAP) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (room.width - inRow * width - (inRow - 1) * GAP) / 2;
    return {
      left: Math.round(left + (index % columns) * (width + GAP)),
      top: Math.round(top + row * (height + GAP)),
      width,
      height,
    };
  });
}

/** Our own tile over the corner of the main picture. */
function corner(room: Size): Rect {
  const width = clamp(Math.round(room.width * 0.16), 110, 220);
  const height = Math.round(width / RATIO);
  const margin = 14;
  return { left: room.width - width - margin, top: room.height - height - margin, width, height };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
