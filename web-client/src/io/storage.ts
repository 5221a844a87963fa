/**
 * What the browser remembers. For good: devices, name, theme, language, view,
 * and the keys of the places that it took as a guest.
 * For this tab: that it is in a meeting, and with which microphone and camera,
 * so that a reload goes straight back, and its secret ballots. Never the token
 * of the invitation.
 */
import type { MeetingId } from '../core/protocol';
import type { Wanted } from '../core/publish';
import type { KeptBallot } from './secretVotes';

export interface Preferences {
  readonly microphone?: string;
  readonly camera?: string;
  readonly speaker?: string;
  readonly name?: string;
  readonly theme?: 'light' | 'dark';
  readonly language?: 'vi' | 'en';
  readonly view?: 'stage' | 'grid' | 'focus';
  readonly wall?: 'tree' | 'grid' | 'list';
}

/** That this tab is in a meeting. */
export interface Joined extends Wanted {
  readonly participant: string;
  readonly name: string | null;
}

/** So much of a link's end tells it from others, and opens nothing. */
const LINK_MARK = 12;

const PREFERENCES = 'diemcau.preferences';
const JOINED = 'diemcau.joined';
const GUESTS = 'diemcau.guests';

export function preferences(): Preferences {
  return read(localStorage, PREFERENCES) ?? {};
}

export function remember(part: Preferences): void {
  write(localStorage, PREFERENCES, { ...preferences(), ...part });
}

/** What this tab was doing in the meeting, if it was in it as this participant. */
export function joinedBefore(participant: string): Joined | null {
  const joined = read(sessionStorage, JOINED) as Joined | null;
  return joined !== null && joined.participant === participant ? joined : null;
}

export function rememberJoined(joined: Joined): void {
  write(sessionStorage, JOINED, joined);
}

export function forgetJoined(): void {
  try {
    sessionStorage.removeItem(JOINED);
  } catch {
    // Storage is switched off: there is nothing to forget.
  }
}

/** The key with which a place was taken by a guest's link, so that the same place comes back. */
export function guestKey(token: string): string | null {
  const key = (read(localStorage, GUESTS) as Record<string, unknown> | null)?.[token.slice(-LINK_MARK)];
  return typeof key === 'string' ? key : null;
}

export function rememberGuestKey(token: string, key: string): void {
  write(localStorage, GUESTS, { ...read(localStorage, GUESTS), [token.slice(-LINK_MARK)]: key });
}

/** What this tab has of its ballot in a vote. */
export function keptBallot(meeting: MeetingId, number: number): KeptBallot | null {
  return read(sessionStorage, ballotKey(meeting, number));
}

export function keepBallot(meeting: MeetingId, number: number, kept: KeptBallot): void {
  write(sessionStorage, ballotKey(meeting, number), kept);
}

function ballotKey(meeting: MeetingId, number: number): string {
  return `diemcau.ballot.${meeting}.${number}`;
}

function read(storage: Storage, key: string): object | null {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? 'null');
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function write(storage: Storage, key: string, value: object): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or switched off: the page works without it.
  }
}
