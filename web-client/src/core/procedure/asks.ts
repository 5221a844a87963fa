/** What the meeting asks of us now, and what keeps our microphone closed. */
import { may, self, type Meeting } from '../meeting';
import type { FloorHolder, Participant, ParticipantId, Vote, Voter } from '../protocol';

/** Why a microphone cannot be opened by oneself. */
export type Closed = 'muted' | 'held' | 'floor';

/** What keeps our microphone closed, if anything does. */
export function whyClosed(meeting: Meeting): Closed | null {
  const me = self(meeting);
  if (me === undefined || !may(meeting, 'publish_microphone')) return null;
  if (me.muted) return 'muted';
  const { floor, microphones } = meeting.snapshot.procedure;
  if (me.role === 'chair' || ownFloor(meeting) !== null) return null;
  if (microphones.hold !== null && !microphones.hold.except.includes(me.id)) return 'held';
  return floor.policy.mode === 'by_floor' ? 'floor' : null;
}

/** The floor that we hold. */
export function ownFloor({ you, snapshot }: Meeting): FloorHolder | null {
  return snapshot.procedure.floor.holders.find(({ participant }) => participant === you.participant) ?? null;
}

/** Our place among those who ask for the floor, from 1. */
export function placeInQueue({ you, snapshot }: Meeting): number | null {
  const index = snapshot.procedure.floor.queue.indexOf(you.participant);
  return index < 0 ? null : index + 1;
}

/** Whether somebody asks for our microphone. */
export function isAskedToOpen({ you, snapshot }: Meeting): boolean {
  return snapshot.procedure.microphones.asked.includes(you.participant);
}

/** Whether a roll call waits for our answer. */
export function isCalled(meeting: Meeting): boolean {
  const { open } = meeting.snapshot.procedure.roll_calls;
  return open !== null && may(meeting, 'answer_roll_call') && open.answers[meeting.you.participant] === undefined;
}

/** Whether a presence check waits for us. */
export function isChecked({ you, snapshot }: Meeting): boolean {
  return snapshot.procedure.roll_calls.check?.asked.includes(you.participant) === true;
}

/** What we count for in a vote; nothing where we are not entitled. */
export function entitlement(vote: Vote, id: ParticipantId): Voter | null {
  return vote.rules.voters.find(({ participant }) => participant === id) ?? null;
}

/** Who is heard in a vote: those who voted, or who took a paper where it is secret. */
export function voted(vote: Vote): readonly ParticipantId[] {
  return Object.keys(vote.rules.method === 'secret' ? vote.papers : vote.ballots);
}

/** Whether we were told of a recording and have not said yet whether we agree. */
export function isToConsent(meeting: Meeting): boolean {
  const { recording } = meeting.snapshot.procedure;
  const isTold = recording.starts_at !== null || recording.since !== null;
  return isTold && recording.consents[meeting.you.participant] === undefined;
}

/** Who may be given the floor: everybody who is here and may speak. */
export function canSpeak({ role, presence }: Participant): boolean {
  return presence === 'present' && role !== 'observer';
}
