/**
 * How every site is, for whoever looks after all of them: from the roster, the
 * roll call, the floor and who is heard. Of another site's line the roster
 * tells only whether it is there or lost.
 */
import { isHeard, type Meeting } from '../meeting';
import type { Participant, ParticipantId, Procedure, RollFinding, Snapshot } from '../protocol';

export type SiteFilter = 'absent' | 'no_sound' | 'bad_line' | 'hand';

export const FILTERS: readonly SiteFilter[] = ['absent', 'no_sound', 'bad_line', 'hand'];

/** Whether it answered the roll, and how. */
type CheckIn = 'none' | 'waiting' | RollFinding;

export interface SiteState {
  readonly participant: Participant;
  readonly sound: 'speaking' | 'open' | 'closed' | 'muted' | 'none';
  readonly picture: 'on' | 'off' | 'screen';
  readonly line: 'good' | 'lost' | 'none';
  readonly checkIn: CheckIn;
  readonly headcount: number | null;
  /** The place among those who ask to speak, from 1. */
  readonly hand: number | null;
  readonly hasFloor: boolean;
  readonly isOnStage: boolean;
  /** What it is found under. */
  readonly filters: readonly SiteFilter[];
}

/** What to do about a site, the most urgent first. */
export type Advice = 'absent' | 'line' | 'muted' | 'closed' | 'silent' | 'well';

/** Everybody but ourselves and those who only watch, by number. */
export function sitesOf({ snapshot, you }: Meeting, speaking: readonly ParticipantId[]): readonly SiteState[] {
  const heard = new Set(speaking);
  return snapshot.participants
    .filter(({ id, role }) => id !== you.participant && role !== 'observer')
    .map((participant) => siteOf(snapshot, participant, heard.has(participant.id)));
}

function siteOf({ procedure, stage }: Snapshot, participant: Participant, isSpeaking: boolean): SiteState {
  const { id, presence } = participant;
  const place = procedure.floor.queue.indexOf(id);
  const state = {
    participant,
    sound: soundOf(participant, isSpeaking),
    picture: participant.screen ? 'screen' : participant.camera ? 'on' : 'off',
    line: presence === 'present' ? 'good' : presence === 'reconnecting' ? 'lost' : 'none',
    checkIn: checkInOf(procedure, id),
    headcount: headcountOf(procedure, id),
    hand: place < 0 ? null : place + 1,
    hasFloor: procedure.floor.holders.some((holder) => holder.participant === id),
    isOnStage: stage.source?.participant === id,
  } as const;
  const filters = FILTERS.filter((filter) => isUnder(filter, state, procedure));
  return { ...state, filters };
}

function soundOf(participant: Participant, isSpeaking: boolean): SiteState['sound'] {
  if (participant.presence !== 'present') return 'none';
  if (participant.muted) return 'muted';
  if (!isHeard(participant)) return 'closed';
  return isSpeaking ? 'speaking' : 'open';
}

/** As the open roll call says, or the last one. */
function checkInOf({ roll_calls: { open, last } }: Procedure, id: ParticipantId): CheckIn {
  if (open !== null) return open.answers[id] === undefined ? 'waiting' : 'present';
  return last?.entries.find(({ participant }) => participant === id)?.found ?? 'none';
}

function headcountOf({ roll_calls: { open, last } }: Procedure, id: ParticipantId): number | null {
  return open?.answers[id]?.headcount ?? last?.entries.find(({ participant }) => participant === id)?.headcount ?? null;
}

function isUnder(filter: SiteFilter, state: Omit<SiteState, 'filters'>, procedure: Procedure): boolean {
  switch (filter) {
    case 'absent':
      return state.participant.presence === 'left';
    case 'bad_line':
      return state.line === 'lost';
    case 'hand':
      return state.hand !== null || state.participant.hand_raised_at !== null;
    case 'no_sound':
      return lacksSound(state, procedure);
  }
}

/**
 * It is to be heard and is not: it has the floor or the stage, or nothing keeps
 * its microphone closed, and yet the microphone is.
 */
function lacksSound({ participant, sound, hasFloor, isOnStage }: Omit<SiteState, 'filters'>, { floor, microphones }: Procedure): boolean {
  if (sound !== 'closed' && sound !== 'muted') return false;
  if (hasFloor || isOnStage) return true;
  if (sound === 'muted' || floor.policy.mode === 'by_floor') return false;
  const { hold } = microphones;
  return hold === null || hold.except.includes(participant.id);
}

/** How many are found under each filter. */
export function countsOf(sites: readonly SiteState[]): Readonly<Record<SiteFilter, number>> {
  const counts = { absent: 0, no_sound: 0, bad_line: 0, hand: 0 };
  for (const { filters } of sites) for (const filter of filters) counts[filter] += 1;
  return counts;
}

/** Those whose trouble somebody should look at: a raised hand is none. */
export function troubled(sites: readonly SiteState[]): number {
  return sites.filter(({ filters }) => filters.some((filter) => filter !== 'hand')).length;
}

/** Those under a filter whose name or unit has these words, with or without diacritics. */
export function chosen(sites: readonly SiteState[], filter: SiteFilter | null, query: string): readonly SiteState[] {
  const words = plain(query).split(/\s+/u).filter((word) => word !== '');
  return sites.filter(({ participant, filters }) => {
    if (filter !== null && !filters.includes(filter)) return false;
    const said = plain(`${participant.name} ${participant.unit ?? ''}`);
    return words.every((word) => said.includes(word));
  });
}

/** What helps it. */
export function adviceFor({ participant, line, sound }: SiteState): Advice {
  if (participant.presence === 'left') return 'absent';
  if (line === 'lost') return 'line';
  if (sound === 'muted') return 'muted';
  if (sound === 'closed') return 'closed';
  return sound === 'open' ? 'silent' : 'well';
}

/** Without diacritics and in small letters. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/giu, 'd').toLowerCase();
}
