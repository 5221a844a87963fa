/** Who comes in: lobby, lock, removal, and the names that people go by. */
import { assertNever } from '../assertNever';
import type { Admission, AdmissionEvent, ParticipantId } from '../protocol';

/** The names of those who are in are the meeting's own to keep. */
export function applyAdmission(admission: Admission, at: number, event: AdmissionEvent): Admission {
  switch (event.what) {
    case 'lobby_set':
      return { ...admission, mode: event.mode };
    case 'locked':
      return { ...admission, locked: event.locked };
    case 'waits': {
      const { participant, name, role, kind, unit, guest } = event;
      return { ...admission, waiting: [...admission.waiting, { participant, name, role, kind, unit, guest, since: at }] };
    }
    case 'wait_ended':
    case 'admitted':
      return noLongerWaiting(admission, event.participant);
    case 'removed':
      return { ...noLongerWaiting(admission, event.participant), removed: [...admission.removed, event.participant] };
    case 'readmitted':
      return { ...admission, removed: admission.removed.filter((id) => id !== event.participant) };
    case 'renamed':
      return {
        ...admission,
        renamed: [...admission.renamed.filter((id) => id !== event.participant), event.participant],
        waiting: admission.waiting.map((waiting) =>
          waiting.participant === event.participant ? { ...waiting, name: event.name } : waiting,
        ),
      };
    default:
      return assertNever(event);
  }
}

function noLongerWaiting(admission: Admission, id: ParticipantId): Admission {
  return { ...admission, waiting: admission.waiting.filter(({ participant }) => participant !== id) };
}
