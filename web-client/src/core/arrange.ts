/**
 * What is shown where: from the meeting, who speaks, and the room that there
 * is, to the main picture, the tiles and the slot of each.
 *
 * ```text
 *   meeting ─┐
 *   speaking ├─> arrange(previous, …) ─> main picture, tiles, slots ─> wishes()
 *   room ────┘            │
 *                         └─ `previous` keeps everything where it was
 * ```
 */
import { gridCapacity, place, sideBySide, type Geometry, type Rect, type Size, type View } from './geometry';
import { around, participantOf, type Meeting } from './meeting';
import { areTogether } from './procedure/groups';
import type {
  OfferedSlot,
  Participant,
  ParticipantId,
  SlotKind,
  SlotWish,
  Snapshot,
  SourceRef,
} from './protocol';
import { screenToShow, sharedScreens } from './screens';
import { sameSource } from './source';

/** What the main picture is. */
export type Main =
  /** The stage, as the meeting decides. */
  | { readonly type: 'stage'; readonly source: SourceRef }
  /** A shared screen. */
  | { readonly type: 'screen'; readonly source: SourceRef }
  /** Somebody's camera, because the stage has nothing to show yet. */
  | { readonly type: 'camera'; readonly source: SourceRef }
  /** The stage shows our own screen: it is not sent back to us. */
  | { readonly type: 'own_screen' }
  | { readonly type: 'empty' };

export type Tile =
  | { readonly type: 'self'; readonly rect: Rect }
  | { readonly type: 'other'; readonly rect: Rect; readonly participant: ParticipantId; readonly mid: string | null }
  /** Others for whom there is no place. */
  | { readonly type: 'more'; readonly rect: Rect; readonly count: number };

export interface Arrangement {
  readonly main: Main;
  /** The slot of the main picture. */
  readonly mainMid: string | null;
  readonly mainRect: Rect | null;
  readonly tiles: readonly Tile[];
  /** Which source is wished into which picture or screen slot; remembered so that sources stay. */
  readonly slots: ReadonlyMap<string, SourceRef>;
  /** The page of a grid, from 0, and how many there are. */
  readonly page: number;
  readonly pages: number;
  /** How many pictures are drawn in slots that the receiver fills. */
  readonly pictures: number;
  /** The order of the others on the first page; remembered so that tiles stay. */
  readonly order: readonly ParticipantId[];
  /** What the stage showed last that is not our own. */
  readonly lastStage: SourceRef | null;
}

export interface ArrangeInput {
  readonly meeting: Meeting;
  readonly speaking: readonly ParticipantId[];
  readonly room: Size;
  readonly view: View;
  /** The wished page of a grid, from 0. */
  readonly page: number;
  /** Whose screen the viewer chose, of several. */
  readonly screen: ParticipantId | null;
  /** The slots that were negotiated. */
  readonly slots: readonly OfferedSlot[];
}

export const NOTHING_ARRANGED: Arrangement = {
  main: { type: 'empty' },
  mainMid: null,
  mainRect: null,
  tiles: [],
  page: 0,
  pages: 1,
  pictures: 0,
  slots: new Map(),
  order: [],
  lastStage: null,
};

export function arrange(previous: Arrangement, input: ArrangeInput): Arrangement {
  const { meeting, room, view, slots } = input;
  const { snapshot, you } = meeting;
  const lastStage = stageToShow(snapshot, you.participant, previous.lastStage);
  const main = view === 'grid' ? EMPTY : chooseMain(previous, meeting, lastStage, input.screen);

  const others = around(meeting);
  const inMain = main.type === 'stage' || main.type === 'camera' ? main.source : null;
  const beside = main.type === 'stage' ? besideStage(snapshot, others).filter((source) => !sameSource(source, main.source)) : [];
  const candidates = others.filter(
    ({ id }) => (inMain?.kind !== 'camera' || inMain.participant !== id) && beside.every(({ participant }) => participant !== id),
  );

  const paged = view === 'grid' ? pagesOf(room, candidates.length) : ONE_PAGE;
  const page = Math.min(input.page, paged.pages - 1);
  const geometry = place(paged.pages > 1 ? { ...room, height: room.height - PAGER } : room, view, candidates.length + 1);
  const places = paged.pages > 1 ? paged.places : geometry.tiles.length - 1;
  const overflow = paged.pages === 1 && candidates.length > places;
  const order = orderTiles(previous.order, candidates, input.speaking, overflow ? Math.max(0, places - 1) : places);
  const shown = page === 0 ? order : laterPage(order, candidates, page, places);

  const cameras = [...beside.map(({ participant }) => participant), ...shown]
    .map((id) => participantOf(snapshot, id))
    .filter((participant) => participant?.camera === true)
    .map((participant): SourceRef => ({ participant: participant?.id ?? '', kind: 'camera' }));
  const pictures = main.type === 'camera' ? [main.source, ...cameras] : cameras;
  const screens = main.type === 'screen' ? [main.source] : [];
  const assigned = new Map([
    ...assignSlots(previous.slots, pictures, midsOf(slots, 'picture')),
    ...assignSlots(previous.slots, screens, midsOf(slots, 'screen')),
  ]);

  const [mainRect = null, ...besideRects] = geometry.main === null ? [] : sideBySide(geometry.main, 1 + beside.length);
  return {
    main,
    mainMid: midOfMain(main, assigned, slots),
    mainRect,
    tiles: [
      ...besideRects.flatMap((rect, index) => otherTile(beside[index], rect, assigned)),
      ...tilesOf(geometry, shown, overflow ? candidates.length - shown.length : 0, assigned),
    ],
    page,
    pages: paged.pages,
    pictures: pictures.length,
    slots: assigned,
    order,
    lastStage,
  };
}

/** The cameras that the meeting puts beside the stage, as far as they are others'. */
function besideStage({ procedure }: Snapshot, others: readonly Participant[]): readonly SourceRef[] {
  return procedure.stage.beside.filter(
    ({ participant, kind }) => kind === 'camera' && others.some(({ id }) => id === participant),
  );
}

function otherTile(source: SourceRef | undefined, rect: Rect, assigned: ReadonlyMap<string, SourceRef>): Tile[] {
  if (source === undefined) return [];
  return [{ type: 'other', rect, participant: source.participant, mid: midOfSource(assigned, source) }];
}

/** The height that turning pages takes, in pixels. */
export const PAGER = 52;

const ONE_PAGE = { pages: 1, places: 0 };

/** How many pages a grid has, and how many others stand on each. */
function pagesOf(room: Size, others: number): { pages: number; places: number } {
  if (others < gridCapacity(room)) return ONE_PAGE;
  const places = Math.max(1, gridCapacity({ ...room, height: room.height - PAGER }) - 1);
  return { pages: Math.ceil(others / places), places };
}

/** Who stands on a page after the first one: everybody who is not on that, by number. */
function laterPage(
  first: readonly ParticipantId[],
  candidates: readonly Participant[],
  page: number,
  places: number,
): readonly ParticipantId[] {
  const rest = candidates.filter(({ id }) => !first.includes(id)).sort((a, b) => a.number - b.number);
  return rest.slice((page - 1) * places, page * places).map(({ id }) => id);
}

/**
 * The wish for every slot that is drawn, for the server. `hidden` is a page
 * that nobody sees: its slots stay, at height 0.
 */
export function wishes(
  arrangement: Arrangement,
  slots: readonly OfferedSlot[],
  pixelRatio: number,
  hidden: boolean,
): SlotWish[] {
  const height = (rect: Rect | null): number =>
    hidden || rect === null ? 0 : Math.min(4_320, Math.max(0, Math.round(rect.height * pixelRatio)));
  const heights = new Map<string, number>();
  if (arrangement.mainMid !== null) heights.set(arrangement.mainMid, height(arrangement.mainRect));
  for (const tile of arrangement.tiles) {
    if (tile.type === 'other' && tile.mid !== null) heights.set(tile.mid, height(tile.rect));
  }
  return slots.flatMap(({ mid }) => {
    const drawn = heights.get(mid);
    if (drawn === undefined) return [];
    return [{ mid, source: arrangement.slots.get(mid) ?? null, height: drawn }];
  });
}

export function sameWishes(a: readonly SlotWish[], b: readonly SlotWish[]): boolean {
  return (
    a.length === b.length &&
    a.every((wish, index) => {
      const other = b[index];
      return (
        other !== undefined &&
        wish.mid === other.mid &&
        wish.height === other.height &&
        sameSource(wish.source, other.source)
      );
    })
  );
}

/**
 * Who has a tile, in which order. Who is shown stays in its place; a place
 * that falls free is filled; for somebody who speaks or raises a hand, or who
 * has a picture, the last one with less to show makes room.
 */
export function orderTiles(
  previous: readonly ParticipantId[],
  candidates: readonly Participant[],
  speaking: readonly ParticipantId[],
  places: number,
): readonly ParticipantId[] {
  const weight = (participant: Participant): number =>
    (speaking.includes(participant.id) || participant.hand_raised_at !== null ? 2 : 0) +
    (participant.camera ? 1 : 0);
  const byId = new Map(candidates.map((participant) => [participant.id, participant]));
  const shown: (Participant | null)[] = previous.map((id) => byId.get(id) ?? null).slice(0, places);
  while (shown.length < places) shown.push(null);

  const waiting = candidates
    .filter((participant) => !shown.includes(participant))
    .sort((a, b) => weight(b) - weight(a) || a.number - b.number);
  for (const newcomer of waiting) {
    const free = shown.indexOf(null);
    const place = free >= 0 ? free : weakest(shown, weight, weight(newcomer));
    if (place >= 0) shown[place] = newcomer;
  }
  return shown.filter((participant) => participant !== null).map((participant) => participant.id);
}

/** The last place whose participant weighs less than `limit` and least of all; -1 if there is none. */
function weakest(
  shown: readonly (Participant | null)[],
  weight: (participant: Participant) => number,
  limit: number,
): number {
  let place = -1;
  let least = limit;
  shown.forEach((participant, index) => {
    if (participant === null) return;
    const own = weight(participant);
    if (own < limit && own <= least) {
      least = own;
      place = index;
    }
  });
  return place;
}

/** Puts sources into slots: who has a slot keeps it, the others get free ones. */
export function assignSlots(
  previous: ReadonlyMap<string, SourceRef>,
  wanted: readonly SourceRef[],
  mids: readonly string[],
): ReadonlyMap<string, SourceRef> {
  const kept = new Map<string, SourceRef>();
  for (const mid of mids) {
    const before = previous.get(mid);
    const still = before === undefined ? undefined : wanted.find((source) => sameSource(source, before));
    if (still !== undefined) kept.set(mid, still);
  }
  const free = mids.filter((mid) => !kept.has(mid));
  for (const source of wanted) {
    if ([...kept.values()].some((other) => sameSource(other, source))) continue;
    const mid = free.shift();
    if (mid === undefined) break;
    kept.set(mid, source);
  }
  return kept;
}

const EMPTY: Main = { type: 'empty' };

function chooseMain(previous: Arrangement, meeting: Meeting, stage: SourceRef | null, chosen: ParticipantId | null): Main {
  const { snapshot, you } = meeting;
  const onStage = snapshot.stage.source;
  const isAround = onStage !== null && areTogether(snapshot.procedure.groups, onStage.participant, you.participant);
  const decided = isAround ? onStage : null;
  const before = previous.main.type === 'screen' ? previous.main.source.participant : null;
  const screen = screenToShow(sharedScreens(meeting), chosen, before);
  if (decided?.kind === 'screen' && (screen === null || screen !== chosen || screen === decided.participant)) {
    return decided.participant === you.participant ? { type: 'own_screen' } : { type: 'stage', source: decided };
  }
  if (screen !== null) return { type: 'screen', source: { participant: screen, kind: 'screen' } };
  if (stage !== null) return { type: 'stage', source: stage };
  const somebody = somebodyToShow(previous, meeting);
  return somebody === null ? EMPTY : { type: 'camera', source: somebody };
}

/**
 * What the stage shows to us. The server never sends our own picture back: it
 * goes on showing what was there before.
 */
function stageToShow(snapshot: Snapshot, you: ParticipantId, last: SourceRef | null): SourceRef | null {
  const source = snapshot.stage.source;
  const { groups } = snapshot.procedure;
  const isOthers = source !== null && source.participant !== you && areTogether(groups, source.participant, you);
  const shown = isOthers ? source : last;
  const owner = shown === null ? undefined : participantOf(snapshot, shown.participant);
  if (shown === null || owner === undefined || owner.presence === 'left') return null;
  if (!areTogether(groups, owner.id, you)) return null;
  if (shown.kind === 'screen') return owner.screen ? shown : null;
  return isOthers || owner.camera ? shown : null;
}

/** While the stage is empty: whom we showed before, else the chair, else the first with a picture. */
function somebodyToShow(previous: Arrangement, meeting: Meeting): SourceRef | null {
  const pictures = around(meeting).filter((participant) => participant.camera);
  const before = previous.main.type === 'camera' ? previous.main.source.participant : null;
  const chosen =
    pictures.find((participant) => participant.id === before) ??
    pictures.find((participant) => participant.role === 'chair') ??
    pictures[0];
  return chosen === undefined ? null : { participant: chosen.id, kind: 'camera' };
}

function midOfMain(main: Main, assigned: ReadonlyMap<string, SourceRef>, slots: readonly OfferedSlot[]): string | null {
  switch (main.type) {
    case 'stage':
      return midsOf(slots, 'stage_picture')[0] ?? null;
    case 'screen':
    case 'camera':
      return midOfSource(assigned, main.source);
    case 'own_screen':
    case 'empty':
      return null;
  }
}

function tilesOf(
  geometry: Geometry,
  order: readonly ParticipantId[],
  hidden: number,
  assigned: ReadonlyMap<string, SourceRef>,
): Tile[] {
  const tiles: Tile[] = [];
  geometry.tiles.forEach((rect, index) => {
    const participant = order[index - 1];
    if (index === 0) {
      tiles.push({ type: 'self', rect });
    } else if (participant !== undefined) {
      tiles.push({ type: 'other', rect, participant, mid: midOfSource(assigned, { participant, kind: 'camera' }) });
    } else if (hidden > 0) {
      tiles.push({ type: 'more', rect, count: hidden });
    }
  });
  return tiles;
}

function midsOf(slots: readonly OfferedSlot[], kind: SlotKind): string[] {
  return slots.filter((slot) => slot.kind === kind).map((slot) => slot.mid);
}

function midOfSource(assigned: ReadonlyMap<string, SourceRef>, source: SourceRef): string | null {
  for (const [mid, other] of assigned) {
    if (sameSource(other, source)) return mid;
  }
  return null;
}
