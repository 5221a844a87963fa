/** Microphones that the meeting asks for, opens by consent, or closes for all. */
import { assertNever } from '../assertNever';
import type { Microphones, MicrophonesEvent, Participant, ParticipantId, Procedure } from '../protocol';

export function applyMicrophones(microphones: Microphones, at: number, event: MicrophonesEvent): Microphones {
  switch (event.what) {
    case 'asked':
      return { ...microphones, asked: [...without(microphones.asked, event.participant), event.participant] };
    case 'answered':
      return noLongerAsked(microphones, event.participant);
    case 'consented': {
      const others = without(microphones.consents, event.participant);
      return { ...microphones, consents: event.given ? [...others, event.participant] : others };
    }
    case 'opened':
      return microphones;
    case 'all_muted':
      return { ...microphones, hold: { except: event.except, by: event.by, since: at }, asked: [] };
    case 'excepted': {
      const { hold } = microphones;
      if (hold === null) return microphones;
      return { ...microphones, hold: { ...hold, except: [...without(hold.except, event.participant), event.participant] } };
    }
    case 'all_lifted':
      return { ...microphones, hold: null };
    default:
      return assertNever(event);
  }
}

/** Whether the meeting lets somebody sound now: neither muted, nor without the floor where it is needed. */
export function maySound({ floor, microphones }: Procedure, { id, role, muted }: Participant): boolean {
  if (muted) return false;
  if (role === 'chair' || floor.holders.some(({ participant }) => participant === id)) return true;
  const isHeld = microphones.hold !== null && !microphones.hold.except.includes(id);
  return !isHeld && floor.policy.mode === 'open';
}

/** The question has been answered, or means nothing any more. */
export function noLongerAsked(microphones: Microphones, id: ParticipantId): Microphones {
  return { ...microphones, asked: without(microphones.asked, id) };
}

/** Nothing is asked of whoever left, and its consent ends. */
export function leftMicrophones(microphones: Microphones, id: ParticipantId): Microphones {
  return { ...noLongerAsked(microphones, id), consents: without(microphones.consents, id) };
}

function without(ids: readonly ParticipantId[], id: ParticipantId): ParticipantId[] {
  return ids.filter((other) => other !== id);
}
