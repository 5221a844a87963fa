/** What of the procedure everybody, or we alone, are told in words. */
import { assertNever } from '../assertNever';
import { may, participantOf, type Meeting } from '../meeting';
import type {
  AdmissionEvent,
  AgendaEvent,
  AnnouncedEvent,
  ConductEvent,
  FloorEvent,
  MicrophonesEvent,
  ParticipantId,
  RecordingEvent,
  RollCallEvent,
  VotesEvent,
} from '../protocol';

/** Something of the procedure. The words stand in the dictionaries under `happened`. */
export interface Happening {
  readonly type: 'happened';
  readonly what: HappeningKind;
  /** Of whom, or of what it is. */
  readonly name: string;
}

type HappeningKind =
  | 'floor_given'
  | 'your_floor'
  | 'your_floor_warned'
  | 'your_floor_time_up'
  | 'your_floor_ended'
  | 'your_microphone_asked'
  | 'your_microphone_opened'
  | 'microphone_accepted'
  | 'microphone_declined'
  | 'all_muted'
  | 'all_lifted'
  | 'waits'
  | 'locked'
  | 'unlocked'
  | 'removed'
  | 'renamed'
  | 'item_started'
  | 'item_over_time'
  | 'roll_call_opened'
  | 'roll_call_closed'
  | 'presence_checked'
  | 'announced'
  | 'paused'
  | 'resumed'
  | 'timer_ended'
  | 'message_to_conductors'
  | 'recording_announced'
  | 'recording_started'
  | 'recording_stopped'
  | 'recording_paused'
  | 'recording_resumed'
  | 'vote_opened'
  | 'vote_called'
  | 'vote_closed'
  | 'vote_cancelled'
  | 'meeting_opened';

/** These are read out; that they appear, too, would only say again what the page shows. */
const SAID_ONLY: ReadonlySet<HappeningKind> = new Set<HappeningKind>([
  'floor_given',
  'your_floor',
  'your_floor_warned',
  'your_floor_time_up',
  'your_microphone_asked',
  'item_started',
  'roll_call_opened',
  'presence_checked',
  'announced',
  'paused',
  'recording_announced',
  'vote_opened',
  'vote_called',
]);

export function isHappeningShown({ what }: Happening): boolean {
  return !SAID_ONLY.has(what);
}

/** What to say about an event; `meeting` has the event applied. */
export function happeningOf({ event }: AnnouncedEvent, meeting: Meeting): Happening | null {
  switch (event.type) {
    case 'floor':
      return ofFloor(event, meeting);
    case 'microphones':
      return ofMicrophones(event, meeting);
    case 'admission':
      return ofAdmission(event, meeting);
    case 'agenda':
      return ofAgenda(event, meeting);
    case 'roll_call':
      return ofRollCall(event, meeting);
    case 'conduct':
      return ofConduct(event, meeting);
    case 'recording':
      return ofRecording(event);
    case 'votes':
      return ofVotes(event, meeting);
    case 'meeting_opened':
      return say('meeting_opened', event.title);
    case 'participant_joined':
    case 'connection_lost':
    case 'connection_restored':
    case 'participant_left':
    case 'microphone_set':
    case 'camera_set':
    case 'screen_set':
    case 'muted_set':
    case 'hand_set':
    case 'chat_sent':
    case 'stage_set':
    case 'stage':
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

function ofFloor(event: FloorEvent, meeting: Meeting): Happening | null {
  switch (event.what) {
    case 'given':
      return isYou(event.participant, meeting) ? say('your_floor') : say('floor_given', nameOf(event.participant, meeting));
    case 'warned':
      return isYou(event.participant, meeting) ? say('your_floor_warned') : null;
    case 'time_up':
      return isYou(event.participant, meeting) ? say('your_floor_time_up') : null;
    case 'ended':
      return isYou(event.participant, meeting) && event.reason !== 'given_back' ? say('your_floor_ended') : null;
    case 'policy_set':
    case 'ordered':
    case 'extended':
      return null;
    default:
      return assertNever(event);
  }
}

function ofMicrophones(event: MicrophonesEvent, meeting: Meeting): Happening | null {
  switch (event.what) {
    case 'asked':
      return isYou(event.participant, meeting) ? say('your_microphone_asked', nameOf(event.by, meeting)) : null;
    case 'answered': {
      if (!may(meeting, 'open_microphones')) return null;
      return say(event.accept ? 'microphone_accepted' : 'microphone_declined', nameOf(event.participant, meeting));
    }
    case 'opened':
      return isYou(event.participant, meeting) ? say('your_microphone_opened', nameOf(event.by, meeting)) : null;
    case 'all_muted':
      return say('all_muted', nameOf(event.by, meeting));
    case 'all_lifted':
      return say('all_lifted', nameOf(event.by, meeting));
    case 'consented':
    case 'excepted':
      return null;
    default:
      return assertNever(event);
  }
}

function ofAdmission(event: AdmissionEvent, meeting: Meeting): Happening | null {
  switch (event.what) {
    case 'waits':
      return may(meeting, 'admit') ? say('waits', event.name) : null;
    case 'locked':
      return may(meeting, 'admit') ? say(event.locked ? 'locked' : 'unlocked') : null;
    case 'removed':
      return may(meeting, 'admit') ? say('removed', nameOf(event.participant, meeting)) : null;
    case 'renamed':
      return isYou(event.participant, meeting) ? say('renamed', event.name) : null;
    case 'lobby_set':
    case 'wait_ended':
    case 'admitted':
    case 'readmitted':
      return null;
    default:
      return assertNever(event);
  }
}

function ofAgenda(event: AgendaEvent, meeting: Meeting): Happening | null {
  const titleOf = (number: number): string =>
    meeting.snapshot.procedure.agenda.items.find((item) => item.number === number)?.title ?? '';
  switch (event.what) {
    case 'started':
      return say('item_started', titleOf(event.number));
    case 'over_time':
      return may(meeting, 'run_agenda') ? say('item_over_time', titleOf(event.number)) : null;
    case 'added':
    case 'changed':
    case 'reordered':
    case 'removed':
    case 'finished':
      return null;
    default:
      return assertNever(event);
  }
}

function ofRollCall(event: RollCallEvent, meeting: Meeting): Happening | null {
  switch (event.what) {
    case 'opened':
      return say('roll_call_opened');
    case 'closed':
      return say('roll_call_closed');
    case 'check_opened':
      return event.asked.includes(meeting.you.participant) ? say('presence_checked') : null;
    case 'answered':
    case 'check_answered':
    case 'check_closed':
      return null;
    default:
      return assertNever(event);
  }
}

function ofConduct(event: ConductEvent, meeting: Meeting): Happening | null {
  switch (event.what) {
    case 'announced':
      return say('announced', event.text);
    case 'paused':
      return say('paused');
    case 'resumed':
      return say('resumed');
    case 'timer_ended':
      return event.by === null ? say('timer_ended') : null;
    case 'message_sent':
      return isYou(event.from, meeting) ? null : say('message_to_conductors', nameOf(event.from, meeting));
    case 'withdrawn':
    case 'timer_started':
    case 'chat_set':
    case 'noted':
      return null;
    default:
      return assertNever(event);
  }
}

function ofRecording(event: RecordingEvent): Happening | null {
  switch (event.what) {
    case 'announced':
      return say('recording_announced');
    case 'started':
      return say('recording_started');
    case 'stopped':
      return say('recording_stopped');
    case 'paused':
      return say('recording_paused');
    case 'resumed':
      return say('recording_resumed');
    case 'consented':
      return null;
    default:
      return assertNever(event);
  }
}

function ofVotes(event: VotesEvent, meeting: Meeting): Happening | null {
  switch (event.what) {
    case 'opened':
      return say('vote_opened', event.rules.question);
    case 'called':
      return event.participant !== null && isYou(event.participant, meeting) ? say('vote_called') : null;
    case 'closed':
      return say('vote_closed', event.result.question);
    case 'cancelled':
      return say('vote_cancelled', event.reason);
    case 'papers_ready':
    case 'cast':
    case 'paper_taken':
    case 'sealed':
      return null;
    default:
      return assertNever(event);
  }
}

function say(what: HappeningKind, name = ''): Happening {
  return { type: 'happened', what, name };
}

function nameOf(id: ParticipantId, { snapshot }: Meeting): string {
  return participantOf(snapshot, id)?.name ?? '';
}

function isYou(id: ParticipantId, { you }: Meeting): boolean {
  return id === you.participant;
}
