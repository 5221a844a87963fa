/** Which events everybody is told of in words, and what is said. */
import { assertNever } from './assertNever';
import { participantOf } from './meeting';
import { isHappeningShown, type Happening } from './procedure/happenings';
import type { AnnouncedEvent, ErrorCode, ParticipantId, Snapshot } from './protocol';

/** Why a device gives nothing. */
export type DeviceFault = 'denied' | 'missing' | 'in_use' | 'unsupported' | 'failed';

/** Something to say. The words stand in the dictionaries under `notice`, `error`, `fault` and `happened`. */
export type Notice =
  | {
      readonly type:
        | 'joined'
        | 'left'
        | 'line_lost'
        | 'line_restored'
        | 'hand_raised'
        | 'sharing'
        | 'stage_chosen'
        | 'you_muted'
        | 'you_unmuted'
        | 'your_hand_lowered';
      readonly name: string;
    }
  | { readonly type: 'refused'; readonly code: ErrorCode }
  | { readonly type: 'device'; readonly kind: 'microphone' | 'camera'; readonly fault: DeviceFault }
  | { readonly type: 'not_sent' | 'share_failed' | 'reconnected' }
  | Happening;

/** How a notice is shown: everything is read out, only some of it appears. */
export function isShown(notice: Notice): boolean {
  switch (notice.type) {
    case 'joined':
    case 'left':
    case 'line_lost':
    case 'line_restored':
    case 'stage_chosen':
      return false;
    case 'hand_raised':
    case 'sharing':
    case 'you_muted':
    case 'you_unmuted':
    case 'your_hand_lowered':
    case 'refused':
    case 'device':
    case 'not_sent':
    case 'share_failed':
    case 'reconnected':
      return true;
    case 'happened':
      return isHappeningShown(notice);
    default:
      return assertNever(notice);
  }
}

/** What to say about an event; `after` is the meeting with the event applied. */
export function noticeOf({ event }: AnnouncedEvent, after: Snapshot, you: ParticipantId): Notice | null {
  const nameOf = (id: ParticipantId): string => participantOf(after, id)?.name ?? '';
  const ofOthers = (type: 'joined' | 'left' | 'line_lost' | 'line_restored' | 'hand_raised' | 'sharing', id: ParticipantId) =>
    // In a large meeting most are strangers.
    id === you || participantOf(after, id) === undefined ? null : { type, name: nameOf(id) };
  switch (event.type) {
    case 'participant_joined':
      return ofOthers('joined', event.participant);
    case 'participant_left':
      return ofOthers('left', event.participant);
    case 'connection_lost':
      return ofOthers('line_lost', event.participant);
    case 'connection_restored':
      return ofOthers('line_restored', event.participant);
    case 'hand_set':
      if (event.raised) return ofOthers('hand_raised', event.participant);
      // With the floor the hand goes down by itself.
      if (after.procedure.floor.holders.some(({ participant }) => participant === you)) return null;
      return event.participant === you && event.by !== you ? { type: 'your_hand_lowered', name: nameOf(event.by) } : null;
    case 'screen_set':
      return event.on ? ofOthers('sharing', event.participant) : null;
    case 'muted_set':
      if (event.participant !== you) return null;
      return { type: event.muted ? 'you_muted' : 'you_unmuted', name: nameOf(event.by) };
    case 'stage_set':
      return event.by !== null && event.stage.source !== null
        ? { type: 'stage_chosen', name: nameOf(event.stage.source.participant) }
        : null;
    case 'meeting_opened':
    case 'microphone_set':
    case 'camera_set':
    case 'chat_sent':
    case 'floor':
    case 'microphones':
    case 'admission':
    case 'agenda':
    case 'roll_call':
    case 'stage':
    case 'conduct':
    case 'recording':
    case 'votes':
    case 'course':
    case 'documents':
    case 'groups':
    case 'interpretation':
    case 'server_restarted':
      return null;
    default:
      return assertNever(event);
  }
}
