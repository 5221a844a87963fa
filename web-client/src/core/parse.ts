/**
 * The boundary to the server: text comes in, known messages go on. A server may
 * be one version ahead, so a message or event of an unknown type is dropped.
 */
import { PROCEDURE_AT_FIRST } from './procedure';
import type {
  AdmissionEvent,
  AgendaEvent,
  AnnouncedEvent,
  ConductEvent,
  CourseEvent,
  DocumentsEvent,
  ErrorCode,
  Event,
  FloorEvent,
  GroupsEvent,
  InterpretationEvent,
  MicrophonesEvent,
  RecordingEvent,
  RollCallEvent,
  ServerMessage,
  Snapshot,
  StageEvent,
  VotesEvent,
} from './protocol';

const MESSAGES: Record<ServerMessage['type'], true> = {
  welcome: true,
  lobby: true,
  events: true,
  roster: true,
  roster_changed: true,
  done: true,
  refused: true,
  answer: true,
  slots: true,
  line: true,
  wanted: true,
  ballot_paper: true,
  speaking: true,
  media_lost: true,
  pong: true,
  problem: true,
  ended: true,
  bye: true,
};

const FLOOR: Record<FloorEvent['what'], true> = {
  policy_set: true,
  ordered: true,
  given: true,
  warned: true,
  time_up: true,
  extended: true,
  ended: true,
};

const MICROPHONES: Record<MicrophonesEvent['what'], true> = {
  asked: true,
  answered: true,
  consented: true,
  opened: true,
  all_muted: true,
  excepted: true,
  all_lifted: true,
};

const VOTES: Record<VotesEvent['what'], true> = {
  opened: true,
  papers_ready: true,
  called: true,
  cast: true,
  paper_taken: true,
  sealed: true,
  closed: true,
  cancelled: true,
};

const ADMISSION: Record<AdmissionEvent['what'], true> = {
  lobby_set: true,
  locked: true,
  waits: true,
  wait_ended: true,
  admitted: true,
  removed: true,
  readmitted: true,
  renamed: true,
};

const AGENDA: Record<AgendaEvent['what'], true> = {
  added: true,
  changed: true,
  reordered: true,
  removed: true,
  started: true,
  finished: true,
  over_time: true,
};

const ROLL_CALL: Record<RollCallEvent['what'], true> = {
  opened: true,
  answered: true,
  closed: true,
  check_opened: true,
  check_answered: true,
  check_closed: true,
};

const STAGE: Record<StageEvent['what'], true> = {
  prepared: true,
  shown: true,
  given: true,
};

const CONDUCT: Record<ConductEvent['what'], true> = {
  announced: true,
  withdrawn: true,
  timer_started: true,
  timer_ended: true,
  paused: true,
  resumed: true,
  chat_set: true,
  message_sent: true,
  noted: true,
};

const RECORDING: Record<RecordingEvent['what'], true> = {
  announced: true,
  started: true,
  stopped: true,
  paused: true,
  resumed: true,
  consented: true,
};

const COURSE: Record<CourseEvent['what'], true> = {
  rehearsal_began: true,
  planned: true,
  no_state_secrets: true,
  invited: true,
  ended: true,
};

const DOCUMENTS: Record<DocumentsEvent['what'], true> = {
  added: true,
  revised: true,
  changed: true,
  withdrawn: true,
  led: true,
  lead_ended: true,
};

const GROUPS: Record<GroupsEvent['what'], true> = {
  opened: true,
  moved: true,
  time_set: true,
  called: true,
  answered: true,
  message_sent: true,
  closed: true,
};

const INTERPRETATION: Record<InterpretationEvent['what'], true> = {
  added: true,
  removed: true,
  assigned: true,
  dismissed: true,
  on_air: true,
  listens: true,
};

/** The events; those of a part of the procedure by what they say. */
const EVENTS: Record<Event['type'], true | Record<string, true>> = {
  meeting_opened: true,
  participant_joined: true,
  connection_lost: true,
  connection_restored: true,
  participant_left: true,
  microphone_set: true,
  camera_set: true,
  screen_set: true,
  muted_set: true,
  hand_set: true,
  chat_sent: true,
  stage_set: true,
  floor: FLOOR,
  microphones: MICROPHONES,
  admission: ADMISSION,
  agenda: AGENDA,
  roll_call: ROLL_CALL,
  stage: STAGE,
  conduct: CONDUCT,
  recording: RECORDING,
  votes: VOTES,
  course: COURSE,
  documents: DOCUMENTS,
  groups: GROUPS,
  interpretation: INTERPRETATION,
  server_restarted: true,
};

const CODES: Record<ErrorCode, true> = {
  bad_message: true,
  too_large: true,
  rate_limited: true,
  unsupported_version: true,
  hello_expected: true,
  unknown_command: true,
  token_invalid: true,
  token_expired: true,
  forbidden: true,
  meeting_not_found: true,
  unknown_participant: true,
  not_in_meeting: true,
  muted_by_chair: true,
  floor_needed: true,
  floor_taken: true,
  floor_not_held: true,
  consent_needed: true,
  not_asked: true,
  out_of_range: true,
  meeting_locked: true,
  meeting_ended: true,
  in_lobby: true,
  removed: true,
  unknown_item: true,
  item_running: true,
  no_roll_call: true,
  roll_call_open: true,
  check_open: true,
  nothing_prepared: true,
  chat_off: true,
  vote_open: true,
  no_vote: true,
  vote_other_way: true,
  vote_unfit: true,
  not_entitled: true,
  not_called: true,
  already_voted: true,
  paper_taken: true,
  papers_not_ready: true,
  ballot_invalid: true,
  unknown_document: true,
  document_not_yet: true,
  document_withdrawn: true,
  document_unfit: true,
  document_infected: true,
  document_not_scanned: true,
  documents_full: true,
  document_not_paged: true,
  lead_taken: true,
  groups_open: true,
  no_groups: true,
  unknown_group: true,
  groups_unfit: true,
  in_group: true,
  in_plenary: true,
  unknown_channel: true,
  channel_exists: true,
  not_interpreter: true,
  interprets: true,
  air_taken: true,
  name_required: true,
  text_empty: true,
  text_too_long: true,
  storage_unavailable: true,
  sdp_invalid: true,
  unknown_session: true,
  media_unavailable: true,
  taken_over: true,
  server_stopping: true,
  heartbeat_lost: true,
  too_slow: true,
  already_exists: true,
  closed: true,
  tier_unfit: true,
  cycle: true,
  not_empty: true,
  outdated: true,
  precondition_required: true,
  key_reused: true,
  import_refused: true,
  confirmation_needed: true,
  nobody_invited: true,
  too_many_sites: true,
  server_full: true,
  not_open_yet: true,
  meeting_cancelled: true,
  invitation_withdrawn: true,
  invitation_used_up: true,
  meeting_under_way: true,
  time_unfit: true,
  webhook_unfit: true,
  repeat_unfit: true,
  archive_held: true,
  archive_not_due: true,
  archive_locked: true,
  archive_destroyed: true,
  destruction_not_proposed: true,
  second_person_needed: true,
  render_unavailable: true,
  sign_in_needed: true,
  credentials_wrong: true,
  code_needed: true,
  code_wrong: true,
  too_many_attempts: true,
  password_weak: true,
  link_invalid: true,
  cross_site: true,
  provider_unavailable: true,
  provider_refused: true,
  no_account: true,
  unknown_recording: true,
  no_minutes: true,
  minutes_frozen: true,
  minutes_not_approved: true,
  minutes_not_issued: true,
  minutes_issued: true,
  only_the_chair: true,
  only_the_secretary: true,
  unknown_statement: true,
  established: true,
  not_established: true,
  no_such_place: true,
  reason_missing: true,
  bad_number: true,
  bad_year: true,
  number_taken: true,
  signer_missing: true,
  too_many_statements: true,
  bad_template: true,
  not_a_pdf: true,
  pdf_encrypted: true,
  text_differs: true,
  pages_covered: true,
  not_signed: true,
  transcript_off: true,
  pairing_unknown: true,
  not_found: true,
  internal: true,
};

/** The message in a frame, or nothing if this client does not know it. */
export function parseServerMessage(text: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isTagged(value) || !Object.hasOwn(MESSAGES, value.type)) return null;
  const message = value as ServerMessage;
  switch (message.type) {
    case 'welcome':
      return {
        ...message,
        events: message.events.filter(isKnownEvent),
        snapshot: message.snapshot && withProcedure(message.snapshot),
        // A server one version older does not say.
        video_codecs: Array.isArray(message.video_codecs) ? message.video_codecs : ['vp8'],
      };
    case 'events':
      return { ...message, events: message.events.filter(isKnownEvent) };
    case 'refused':
    case 'problem':
    case 'bye':
      return { ...message, code: parseErrorCode(message.code) };
    case 'lobby':
    case 'roster':
    case 'roster_changed':
    case 'done':
    case 'answer':
    case 'slots':
    case 'line':
    case 'wanted':
    case 'ballot_paper':
    case 'speaking':
    case 'media_lost':
    case 'pong':
    case 'ended':
      return message;
  }
}

/** A code of a newer server reads as a fault of the server. */
export function parseErrorCode(code: unknown): ErrorCode {
  return typeof code === 'string' && Object.hasOwn(CODES, code) ? (code as ErrorCode) : 'internal';
}

function isTagged(value: unknown): value is { type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** A server one version older does not tell of the procedure, or not of all of it. */
function withProcedure(snapshot: Snapshot): Snapshot {
  return { ...snapshot, procedure: { ...PROCEDURE_AT_FIRST, ...snapshot.procedure } };
}

function isKnownEvent({ event }: AnnouncedEvent): boolean {
  if (!isTagged(event) || !Object.hasOwn(EVENTS, event.type)) return false;
  const kinds = EVENTS[event.type];
  return kinds === true || ('what' in event && Object.hasOwn(kinds, event.what));
}
