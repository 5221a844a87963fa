/**
 * The boundary to the server: text comes in, known messages go on. A server may
 * be one version ahead, so a message or event of an unknown type is dropped.
 */
import type { AnnouncedEvent, ErrorCode, Event, ServerMessage } from './protocol';

const MESSAGES: Record<ServerMessage['type'], true> = {
  welcome: true,
  events: true,
  done: true,
  refused: true,
  answer: true,
  slots: true,
  line: true,
  wanted: true,
  speaking: true,
  media_lost: true,
  pong: true,
  problem: true,
  bye: true,
};

const EVENTS: Record<Event['type'], true> = {
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
        // A server one version older does not say.
        video_codecs: Array.isArray(message.video_codecs) ? message.video_codecs : ['vp8'],
      };
    case 'events':
      return { ...message, events: message.events.filter(isKnownEvent) };
    case 'refused':
    case 'problem':
    case 'bye':
      return { ...message, code: parseErrorCode(message.code) };
    case 'done':
    case 'answer':
    case 'slots':
    case 'line':
    case 'wanted':
    case 'speaking':
    case 'media_lost':
    case 'pong':
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

function isKnownEvent(announced: AnnouncedEvent): boolean {
  return isTagged(announced.event) && Object.hasOwn(EVENTS, announced.event.type);
}
