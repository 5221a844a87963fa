/**
 * The media connection as a pure state machine: when to make a new one, when to
 * restart ICE on the one that is there.
 *
 * ```text
 *           welcome               answer             ICE connected
 *   none ───────────> offering ───────────> settled ───────────────> settled, ok
 *                      ▲    ▲                  │ ICE failed, silent for 3 s,
 *     unknown session, │    │                  │ media_lost, other network
 *     two restarts     │    └──────────────────┘
 *     in vain          └─ new connection            restart
 * ```
 */
import { assertNever } from './assertNever';
import type { ErrorCode, SessionId } from './protocol';

/** How long ICE may be without an answer before it is restarted, in milliseconds. */
const PATIENCE = 3_000;
/** How long to wait after a refusal, in milliseconds. */
const AFTER_REFUSAL = 2_000;
/** Restarts in vain before a new connection is made. */
const RESTART_LIMIT = 2;

export type MediaHealth = 'none' | 'connecting' | 'connected' | 'broken';

export interface Media {
  /** Signaling can be reached. */
  readonly live: boolean;
  /** Whether there is a peer connection. */
  readonly peer: boolean;
  /** The session that the server gave to it. */
  readonly session: SessionId | null;
  /** The number of the offer that awaits its answer. */
  readonly pending: number | null;
  /** A restart is due as soon as it can be asked for. */
  readonly due: boolean;
  /** Restarts since it last worked. */
  readonly restarts: number;
  readonly health: MediaHealth;
}

export type MediaInput =
  | { readonly type: 'welcome'; readonly session: SessionId | null }
  /** Signaling cannot be reached. */
  | { readonly type: 'lost' }
  | { readonly type: 'offered'; readonly id: number }
  /** The browser could not make or take a description. */
  | { readonly type: 'fault' }
  | { readonly type: 'answer'; readonly id: number; readonly session: SessionId; readonly sdp: string }
  | { readonly type: 'refused'; readonly id: number; readonly code: ErrorCode }
  | { readonly type: 'ice'; readonly state: RTCIceConnectionState }
  | { readonly type: 'timer' }
  | { readonly type: 'media_lost'; readonly session: SessionId }
  | { readonly type: 'network_changed' }
  /** The layout needs more slots than were negotiated. */
  | { readonly type: 'grow' }
  | { readonly type: 'leave' };

export type MediaEffect =
  /** Close the old peer connection, if any, and make a new one. */
  | { readonly type: 'new_peer' }
  /** Make an offer and send it; answer with `offered`. */
  | { readonly type: 'offer'; readonly restart: SessionId | null }
  /** Offer further slots on the connection that is there; answer with `offered`. */
  | { readonly type: 'grow'; readonly session: SessionId }
  | { readonly type: 'accept'; readonly sdp: string }
  | { readonly type: 'close_peer' }
  /** One timer: a newer one replaces it. In milliseconds. */
  | { readonly type: 'set_timer'; readonly after: number }
  | { readonly type: 'clear_timer' };

type Step = readonly [Media, readonly MediaEffect[]];

export const NO_MEDIA: Media = {
  live: false,
  peer: false,
  session: null,
  pending: null,
  due: false,
  restarts: 0,
  health: 'none',
};

export function stepMedia(state: Media, input: MediaInput): Step {
  switch (input.type) {
    case 'welcome':
      return welcome(state, input.session);
    case 'lost':
      return [{ ...state, live: false, pending: null, due: state.due || state.pending !== null }, []];
    case 'offered':
      return state.live ? [{ ...state, pending: input.id }, []] : [{ ...state, due: true }, []];
    case 'answer':
      return input.id === state.pending ? answered(state, input) : [state, []];
    case 'refused':
      return input.id === state.pending ? refused(state, input.code) : [state, []];
    case 'fault':
      return [{ ...state, pending: null, session: null, health: 'broken', due: true }, [retryLater]];
    case 'ice':
      return ice(state, input.state);
    case 'timer':
      return state.due || state.health === 'broken' ? recover(state) : [state, []];
    case 'media_lost':
      return input.session === state.session ? recover({ ...state, health: 'broken' }) : [state, []];
    case 'network_changed':
      return state.peer ? recover(state) : [state, []];
    case 'grow':
      return grow(state);
    case 'leave':
      return [NO_MEDIA, [{ type: 'clear_timer' }, { type: 'close_peer' }]];
    default:
      return assertNever(input);
  }
}

const retryLater: MediaEffect = { type: 'set_timer', after: AFTER_REFUSAL };

function welcome(state: Media, session: SessionId | null): Step {
  const live = { ...state, live: true, pending: null };
  if (!state.peer || state.session === null || state.session !== session) return fresh(live);
  return state.due || state.health === 'broken' ? recover(live) : [live, []];
}

/** A new peer connection with a new offer. */
function fresh(state: Media): Step {
  // What was broken stays so until it works again.
  const health = state.health === 'none' ? 'connecting' : state.health === 'connected' ? 'broken' : state.health;
  return [
    { ...NO_MEDIA, live: state.live, peer: true, health },
    [{ type: 'clear_timer' }, { type: 'new_peer' }, { type: 'offer', restart: null }],
  ];
}

/** Restarts ICE; where that cannot help, begins anew. */
function recover(state: Media): Step {
  if (!state.live || state.pending !== null) return [{ ...state, due: true }, []];
  if (state.session === null || state.restarts >= RESTART_LIMIT) return fresh(state);
  return [
    { ...state, due: false, restarts: state.restarts + 1 },
    [{ type: 'clear_timer' }, { type: 'offer', restart: state.session }],
  ];
}

/** Asks for more slots when nothing else is under way; the layout asks again. */
function grow(state: Media): Step {
  if (!state.live || state.pending !== null || state.due || state.session === null || state.health !== 'connected') return [state, []];
  return [state, [{ type: 'grow', session: state.session }]];
}

function answered(state: Media, answer: { session: SessionId; sdp: string }): Step {
  const restarts = state.health === 'connected' ? 0 : state.restarts;
  const settled = { ...state, pending: null, session: answer.session, restarts };
  const accept: MediaEffect = { type: 'accept', sdp: answer.sdp };
  if (!settled.due) return [settled, [accept]];
  const [after, effects] = recover(settled);
  return [after, [accept, ...effects]];
}

function refused(state: Media, code: ErrorCode): Step {
  const idle = { ...state, pending: null };
  if (code === 'unknown_session') return fresh(idle);
  return [{ ...idle, session: null, health: 'broken', due: true }, [retryLater]];
}

function ice(state: Media, now: RTCIceConnectionState): Step {
  switch (now) {
    case 'connected':
    case 'completed':
      return [{ ...state, health: 'connected', restarts: 0, due: false }, [{ type: 'clear_timer' }]];
    case 'disconnected':
      return [{ ...state, health: 'broken' }, [{ type: 'set_timer', after: PATIENCE }]];
    case 'failed':
      return recover({ ...state, health: 'broken' });
    case 'new':
    case 'checking':
    case 'closed':
      return [state, []];
    default:
      return assertNever(now);
  }
}
