/** The screens that others share, and which of them is shown. */
import { around, type Meeting } from './meeting';
import type { Participant, ParticipantId } from './protocol';

/** Everybody else who shares a screen, by number. */
export function sharedScreens(meeting: Meeting): readonly Participant[] {
  return around(meeting).filter((participant) => participant.screen);
}

/** Whose screen to show, of several: the one that the viewer chose, else the one shown before, else the first. */
export function screenToShow(
  sharing: readonly Participant[],
  chosen: ParticipantId | null,
  before: ParticipantId | null,
): ParticipantId | null {
  const has = (id: ParticipantId | null): boolean => sharing.some((participant) => participant.id === id);
  if (has(chosen)) return chosen;
  return has(before) ? before : (sharing[0]?.id ?? null);
}
