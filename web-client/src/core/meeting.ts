/**
 * The meeting as this participant knows it: a snapshot, and the events that
 * move it on.
 */
import { assertNever } from './assertNever';
import { applyAdmission } from './procedure/admission';
import { applyAgenda } from './procedure/agenda';
import { applyConduct } from './procedure/conduct';
import { applyCourse, openedCourse } from './procedure/course';
import { applyDocuments } from './procedure/documents';
import { applyFloor, applyHand } from './procedure/floor';
import { applyGroups, areTogether } from './procedure/groups';
import { applyInterpretation, leftInterpretation } from './procedure/interpretation';
import { applyMicrophones, leftMicrophones, noLongerAsked } from './procedure/microphones';
import { applyRecording } from './procedure/recording';
import { applyRollCall } from './procedure/rollCall';
import { applyStage, leftStage, screenEnded, stageAlone } from './procedure/stage';
import { applyVotes } from './procedure/votes';
import type {
  Action,
  AnnouncedEvent,
  ChatEntry,
  Participant,
  ParticipantId,
  Procedure,
  Role,
  Snapshot,
  You,
} from './protocol';

/** What is known of the meeting, and who we are in it. */
export interface Meeting {
  readonly you: You;
  readonly snapshot: Snapshot;
}

/** As many messages as the page keeps. */
const CHAT_KEPT = 1_000;

/** Every role, in the order in which lists show them. */
export const ROLES: readonly Role[] = ['chair', 'secretary', 'controller', 'delegate', 'operator', 'observer'];

export function applyEvents(snapshot: Snapshot, events: readonly AnnouncedEvent[]): Snapshot {
  return events.reduce(applyEvent, snapshot);
}

export function applyEvent(snapshot: Snapshot, { at, event }: AnnouncedEvent): Snapshot {
  switch (event.type) {
    case 'meeting_opened':
      return {
        ...proceed(snapshot, openedCourse),
        meeting: { ...snapshot.meeting, title: event.title, host_unit: event.host_unit, opened_at: at },
      };
    case 'participant_joined': {
      const before = participantOf(snapshot, event.participant);
      return withParticipant(snapshot, {
        id: event.participant,
        number: event.number,
        name: event.name,
        role: event.role,
        kind: event.kind,
        unit: event.unit,
        presence: 'present',
        microphone: false,
        camera: false,
        screen: false,
        muted: before?.muted ?? false,
        hand_raised_at: null,
      });
    }
    case 'connection_lost':
      return change(snapshot, event.participant, { presence: 'reconnecting' });
    case 'connection_restored':
      return change(snapshot, event.participant, { presence: 'present' });
    case 'participant_left':
      return left(snapshot, event.participant);
    case 'microphone_set': {
      const switched = change(snapshot, event.participant, { microphone: event.on });
      return event.on ? notAsked(switched, event.participant) : switched;
    }
    case 'camera_set':
      return change(snapshot, event.participant, { camera: event.on });
    case 'screen_set': {
      const switched = change(snapshot, event.participant, { screen: event.on });
      return event.on ? switched : proceed(switched, ({ stage }) => ({ stage: screenEnded(stage, event.participant) }));
    }
    case 'muted_set':
      return notAsked(change(snapshot, event.participant, { muted: event.muted }), event.participant);
    case 'hand_set':
      return proceed(change(snapshot, event.participant, { hand_raised_at: event.raised ? at : null }), ({ floor }) => ({
        floor: applyHand(floor, event.participant, event.raised),
      }));
    case 'chat_sent':
      return {
        ...snapshot,
        chat: [...snapshot.chat, { at, from: event.from, text: event.text }].slice(-CHAT_KEPT),
      };
    case 'stage_set':
      return proceed({ ...snapshot, stage: event.stage }, ({ stage }) => ({ stage: stageAlone(stage) }));
    case 'floor':
      return proceed(snapshot, ({ floor, microphones }) => ({
        floor: applyFloor(floor, at, event),
        microphones: event.what === 'given' ? noLongerAsked(microphones, event.participant) : microphones,
      }));
    case 'microphones':
      return proceed(snapshot, ({ microphones }) => ({ microphones: applyMicrophones(microphones, at, event) }));
    case 'admission': {
      const named =
        event.what === 'renamed' ? change(snapshot, event.participant, { name: event.name }) : snapshot;
      return proceed(named, ({ admission }) => ({ admission: applyAdmission(admission, at, event) }));
    }
    case 'stage':
      return proceed(snapshot, ({ stage }) => ({ stage: applyStage(stage, event) }));
    case 'conduct':
      return proceed(snapshot, ({ conduct }) => ({ conduct: applyConduct(conduct, at, event) }));
    case 'recording':
      return proceed(snapshot, ({ recording }) => ({ recording: applyRecording(recording, at, event) }));
    case 'course':
      return applyCourse(snapshot, at, event);
    case 'agenda':
      return proceed(snapshot, ({ agenda }) => ({ agenda: applyAgenda(agenda, at, event) }));
    case 'roll_call':
      return proceed(snapshot, ({ roll_calls }) => ({ roll_calls: applyRollCall(roll_calls, at, event) }));
    case 'votes':
      return proceed(snapshot, ({ votes }) => ({ votes: applyVotes(votes, at, event) }));
    case 'documents':
      return proceed(snapshot, ({ documents }) => ({ documents: applyDocuments(documents, at, event) }));
    case 'groups':
      return proceed(snapshot, ({ groups }) => ({ groups: applyGroups(groups, at, event) }));
    case 'interpretation':
      return proceed(snapshot, ({ interpretation }) => ({
        interpretation: applyInterpretation(interpretation, event),
      }));
    case 'server_restarted':
      return {
        ...proceed(snapshot, ({ admission }) => ({ admission: { ...admission, waiting: [] } })),
        participants: snapshot.participants.map((participant) =>
          participant.presence === 'present' ? { ...participant, presence: 'reconnecting' } : participant,
        ),
      };
    default:
      return assertNever(event);
  }
}

export function participantOf(snapshot: Snapshot, id: ParticipantId): Participant | undefined {
  return snapshot.participants.find((participant) => participant.id === id);
}

/** Ourselves. Absent only until our own joining is announced. */
export function self(meeting: Meeting): Participant | undefined {
  return participantOf(meeting.snapshot, meeting.you.participant);
}

export function may(meeting: Meeting, action: Action): boolean {
  return meeting.you.may.includes(action);
}

/** Everyone who is here or awaited. */
export function here(snapshot: Snapshot): readonly Participant[] {
  return snapshot.participants.filter((participant) => participant.presence !== 'left');
}

/** Everybody else who is here or awaited and whom we hear and see. */
export function around({ snapshot, you }: Meeting): readonly Participant[] {
  const { groups } = snapshot.procedure;
  return here(snapshot).filter(({ id }) => id !== you.participant && areTogether(groups, id, you.participant));
}

/** Raised hands, the longest first. */
export function raisedHands(snapshot: Snapshot): readonly Participant[] {
  return here(snapshot)
    .filter((participant) => participant.hand_raised_at !== null)
    .sort((a, b) => (a.hand_raised_at ?? 0) - (b.hand_raised_at ?? 0) || a.number - b.number);
}

/** Everyone who is here, by role and then by order of joining. */
export function roster(snapshot: Snapshot): readonly Participant[] {
  return [...here(snapshot)].sort(
    (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || a.number - b.number,
  );
}

/** What was written, to all and to those who conduct the meeting, oldest first. */
export function chatOf({ chat, procedure }: Snapshot): readonly ChatEntry[] {
  const { messages } = procedure.conduct;
  return messages.length === 0 ? chat : [...chat, ...messages].sort((a, b) => a.at - b.at);
}

/** Whether a microphone can be heard. */
export function isHeard(participant: Participant): boolean {
  return participant.microphone && !participant.muted;
}

/**
 * Two letters for a participant without a picture. Vietnamese names are known
 * by their last word; the first word of a site's name ("Xã", "Huyện") says only
 * what it is.
 */
export function initials(name: string): string {
  const words = name.split(/[\s,.()\-–—:;/]+/u).filter((word) => /^\p{L}|\p{N}/u.test(word));
  const picked = words.length > 2 ? words.slice(-2) : words;
  return picked
    .map((word) => Array.from(word)[0] ?? '')
    .join('')
    .toLocaleUpperCase('vi');
}

/** The procedure with the parts that `how` makes of it. */
function proceed(snapshot: Snapshot, how: (procedure: Procedure) => Partial<Procedure>): Snapshot {
  return { ...snapshot, procedure: { ...snapshot.procedure, ...how(snapshot.procedure) } };
}

function notAsked(snapshot: Snapshot, id: ParticipantId): Snapshot {
  return proceed(snapshot, ({ microphones }) => ({ microphones: noLongerAsked(microphones, id) }));
}

function left(snapshot: Snapshot, id: ParticipantId): Snapshot {
  const gone = change(snapshot, id, {
    presence: 'left',
    microphone: false,
    camera: false,
    screen: false,
    hand_raised_at: null,
  });
  return proceed(gone, ({ floor, interpretation, microphones, stage }) => ({
    interpretation: leftInterpretation(interpretation, id),
    floor: applyHand(floor, id, false),
    microphones: leftMicrophones(microphones, id),
    stage: leftStage(stage, id),
  }));
}

function change(snapshot: Snapshot, id: ParticipantId, part: Partial<Participant>): Snapshot {
  return {
    ...snapshot,
    participants: snapshot.participants.map((participant) =>
      participant.id === id ? { ...participant, ...part } : participant,
    ),
  };
}

function withParticipant(snapshot: Snapshot, joined: Participant): Snapshot {
  const others = snapshot.participants.filter((participant) => participant.id !== joined.id);
  return { ...snapshot, participants: [...others, joined].sort((a, b) => a.number - b.number) };
}
