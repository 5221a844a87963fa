/**
 * The connection to signaling as a pure state machine: it never touches a
 * socket, a timer or a random number; the shell performs its effects.
 *
 * ```text
 *             start                    welcome
 *   idle ───────────> connecting ───────────────> live
 *                      ▲      │ closed, too late    │ closed, silent, bye{reconnect}
 *         timer,online │      ▼                     ▼
 *                     waiting <─────────────────────┘
 *                                bye{no reconnect}, leave
 *          any of them ──────────────────────────────────> closed
 * ```
 */
import { assertNever } from './assertNever';
import type { ClientMessage, Cursor, ErrorCode, ServerMessage } from './protocol';

/** The version of the wire protocol that this client speaks. */
const PROTOCOL_VERSION = 2;
/** How long the server may take to say `welcome`, in milliseconds. */
const WELCOME_LIMIT = 10_000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 8_000;
/** So many pings without an answer end the connection. */
const UNANSWERED_LIMIT = 2;

/** Who says hello. */
export interface Identity {
  readonly token: string;
  readonly name: string | null;
  readonly instance: string;
}

type Phase =
  | { readonly type: 'idle' }
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'live'; readonly heartbeat: number; readonly nonce: number; readonly unanswered: number }
  | { readonly type: 'waiting'; readonly attempt: number }
  | { readonly type: 'closed'; readonly reason: ErrorCode | 'left' };

export interface Connection {
  readonly identity: Identity;
  readonly phase: Phase;
  /** Where our knowledge of the meeting ends. */
  readonly cursor: Cursor | null;
  /** Whether there was a `welcome` before. */
  readonly wasLive: boolean;
}

export type ConnectionInput =
  | { readonly type: 'start' }
  | { readonly type: 'opened' }
  /** The socket closed by itself. `random` is in [0, 1). */
  | { readonly type: 'dropped'; readonly random: number }
  | { readonly type: 'received'; readonly message: ServerMessage; readonly random: number }
  | { readonly type: 'timer'; readonly random: number }
  /** The browser says that there is a network again. */
  | { readonly type: 'online' }
  | { readonly type: 'leave' };

export type ConnectionEffect =
  | { readonly type: 'open_socket' }
  | { readonly type: 'close_socket' }
  | { readonly type: 'send'; readonly message: ClientMessage }
  /** One timer: a newer one replaces it. In milliseconds. */
  | { readonly type: 'set_timer'; readonly after: number }
  | { readonly type: 'clear_timer' }
  /** For the meeting and the media. */
  | { readonly type: 'deliver'; readonly message: ServerMessage }
  /** What was asked and not answered will not be answered. */
  | { readonly type: 'lost' };

type Step = readonly [Connection, readonly ConnectionEffect[]];

export function newConnection(identity: Identity): Connection {
  return { identity, phase: { type: 'idle' }, cursor: null, wasLive: false };
}

export function stepConnection(state: Connection, input: ConnectionInput): Step {
  switch (input.type) {
    case 'start':
      return state.phase.type === 'idle' || state.phase.type === 'closed' ? connect(state, 0) : [state, []];
    case 'opened':
      return state.phase.type === 'connecting' ? [state, [hello(state)]] : [state, []];
    case 'dropped':
      return dropped(state, input.random);
    case 'received':
      return received(state, input.message, input.random);
    case 'timer':
      return timer(state, input.random);
    case 'online':
      return online(state);
    case 'leave':
      return close(state, 'left');
    default:
      return assertNever(input);
  }
}

/** Milliseconds before the next attempt: doubling, with jitter of a half. */
export function retryDelay(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(attempt, 10));
  return Math.round(whole * (0.5 + random / 2));
}

function connect(state: Connection, attempt: number): Step {
  return [
    { ...state, phase: { type: 'connecting', attempt } },
    [{ type: 'open_socket' }, { type: 'set_timer', after: WELCOME_LIMIT }],
  ];
}

function hello({ identity, cursor }: Connection): ConnectionEffect {
  return {
    type: 'send',
    message: { type: 'hello', version: PROTOCOL_VERSION, resume_from: cursor, ...identity },
  };
}

function dropped(state: Connection, random: number): Step {
  switch (state.phase.type) {
    case 'connecting':
      return wait(state, state.phase.attempt, random, []);
    case 'live':
      return wait(state, 0, random, [{ type: 'lost' }]);
    case 'idle':
    case 'waiting':
    case 'closed':
      return [state, []];
    default:
      return assertNever(state.phase);
  }
}

function wait(state: Connection, attempt: number, random: number, effects: readonly ConnectionEffect[]): Step {
  return [
    { ...state, phase: { type: 'waiting', attempt: attempt + 1 } },
    [...effects, { type: 'set_timer', after: retryDelay(attempt, random) }],
  ];
}

function received(state: Connection, message: ServerMessage, random: number): Step {
  if (state.phase.type !== 'connecting' && state.phase.type !== 'live') return [state, []];
  switch (message.type) {
    case 'welcome':
      return welcomed(state, message);
    case 'lobby':
      return waitsInLobby(state, message);
    case 'events':
      return [{ ...state, cursor: message.cursor }, [{ type: 'deliver', message }]];
    case 'pong':
      return state.phase.type === 'live' ? [{ ...state, phase: { ...state.phase, unanswered: 0 } }, []] : [state, []];
    case 'bye':
      return bye(state, message, random);
    case 'roster':
    case 'roster_changed':
    case 'done':
    case 'refused':
    case 'answer':
    case 'slots':
    case 'line':
    case 'wanted':
    case 'ballot_paper':
    case 'speaking':
    case 'media_lost':
    case 'problem':
    case 'ended':
      return [state, [{ type: 'deliver', message }]];
    default:
      return assertNever(message);
  }
}

/** The line is good and kept, though we are not in yet. */
function waitsInLobby(state: Connection, message: Extract<ServerMessage, { type: 'lobby' }>): Step {
  const heartbeat = Math.max(1, message.heartbeat_seconds) * 1_000;
  return [
    { ...state, phase: { type: 'live', heartbeat, nonce: 0, unanswered: 0 }, cursor: null },
    [
      { type: 'deliver', message },
      { type: 'set_timer', after: heartbeat },
    ],
  ];
}

function welcomed(state: Connection, message: Extract<ServerMessage, { type: 'welcome' }>): Step {
  const heartbeat = Math.max(1, message.heartbeat_seconds) * 1_000;
  return [
    {
      ...state,
      phase: { type: 'live', heartbeat, nonce: 0, unanswered: 0 },
      cursor: message.cursor,
      wasLive: true,
    },
    [
      { type: 'deliver', message },
      { type: 'set_timer', after: heartbeat },
    ],
  ];
}

function bye(state: Connection, message: Extract<ServerMessage, { type: 'bye' }>, random: number): Step {
  if (!message.reconnect) return close(state, message.code);
  // After falling behind, only the whole state helps.
  const cursor = message.code === 'too_slow' ? null : state.cursor;
  const attempt = state.phase.type === 'connecting' ? state.phase.attempt : 0;
  return wait({ ...state, cursor }, attempt, random, [{ type: 'close_socket' }, { type: 'lost' }]);
}

function timer(state: Connection, random: number): Step {
  switch (state.phase.type) {
    case 'connecting':
      return wait(state, state.phase.attempt, random, [{ type: 'close_socket' }]);
    case 'waiting':
      return connect(state, state.phase.attempt);
    case 'live':
      return state.phase.unanswered >= UNANSWERED_LIMIT
        ? wait(state, 0, random, [{ type: 'close_socket' }, { type: 'lost' }])
        : ping(state, state.phase);
    case 'idle':
    case 'closed':
      return [state, []];
    default:
      return assertNever(state.phase);
  }
}

function ping(state: Connection, live: Extract<Phase, { type: 'live' }>): Step {
  const nonce = live.nonce + 1;
  return [
    { ...state, phase: { ...live, nonce, unanswered: live.unanswered + 1 } },
    [
      { type: 'send', message: { type: 'ping', nonce } },
      { type: 'set_timer', after: live.heartbeat },
    ],
  ];
}

function online(state: Connection): Step {
  switch (state.phase.type) {
    case 'waiting':
      return connect(state, state.phase.attempt);
    case 'live':
      // The old path may be dead: find out now rather than at the next beat.
      return ping(state, state.phase);
    case 'idle':
    case 'connecting':
    case 'closed':
      return [state, []];
    default:
      return assertNever(state.phase);
  }
}

function close(state: Connection, reason: ErrorCode | 'left'): Step {
  if (state.phase.type === 'closed') return [state, []];
  return [
    { ...state, phase: { type: 'closed', reason }, cursor: null },
    [{ type: 'clear_timer' }, { type: 'close_socket' }, { type: 'lost' }],
  ];
}
