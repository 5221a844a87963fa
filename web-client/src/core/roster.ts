/**
 * The roster of a large meeting: the client knows a page of it, those whom
 * everyone has to know, and those whom it names because it shows them.
 */
import { here } from './meeting';
import type { ParticipantId, RosterChange, RosterMessage, RosterPage, Snapshot } from './protocol';

/** As many participants as a page of the list shows. */
const PAGE = 100;

/** As many as may be named beside it. */
const MOST_NAMED = 100;

/** What the client asks for. */
export interface RosterWish {
  readonly first: number;
  readonly named: readonly ParticipantId[];
}

export const FIRST_WISH: RosterWish = { first: 1, named: [] };

/** A page of the roster: what was known before is forgotten. */
export function applyRosterPage(snapshot: Snapshot, { roster, participants }: RosterPage): Snapshot {
  return { ...snapshot, roster, participants };
}

/** What changed of it. A meeting that is not large has no such changes. */
export function applyRosterChange(snapshot: Snapshot, { total, here: present, participants }: RosterChange): Snapshot {
  if (snapshot.roster === undefined) return snapshot;
  const changed = new Map(participants.map((participant) => [participant.id, participant]));
  const kept = snapshot.participants.filter(({ id }) => !changed.has(id));
  return {
    ...snapshot,
    roster: { ...snapshot.roster, total, here: present },
    participants: [...kept, ...participants].sort((a, b) => a.number - b.number),
  };
}

/** How many are here or awaited, known or not. */
export function presentCount(snapshot: Snapshot): number {
  return snapshot.roster?.here ?? here(snapshot).length;
}

/** The wish with those added who are shown and not known; the same wish where there are none. */
export function naming(wish: RosterWish, snapshot: Snapshot, shown: readonly ParticipantId[]): RosterWish {
  if (snapshot.roster === undefined) return wish;
  const known = new Set([...snapshot.participants.map(({ id }) => id), ...wish.named]);
  const strangers = [...new Set(shown)].filter((id) => !known.has(id));
  return strangers.length === 0 ? wish : { ...wish, named: [...wish.named, ...strangers].slice(-MOST_NAMED) };
}

/** The wish as it is said to the server. */
export function rosterMessage({ first, named }: RosterWish): RosterMessage & { type: 'roster' } {
  return { type: 'roster', first, count: PAGE, named: [...named] };
}

/** The pages of a large meeting before and after this one, by their first numbers. */
export function pagesBeside({ roster }: Snapshot): { readonly before: number | null; readonly after: number | null } {
  if (roster === undefined) return { before: null, after: null };
  const after = roster.first + roster.count;
  return {
    before: roster.first > 1 ? Math.max(1, roster.first - PAGE) : null,
    after: after <= roster.total ? after : null,
  };
}
