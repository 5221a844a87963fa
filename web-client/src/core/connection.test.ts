import { expect, test } from 'vitest';
import { type Connection, type ConnectionEffect, type ConnectionInput, newConnection, retryDelay, stepConnection } from './connection';
import type { ServerMessage } from './protocol';
import { snapshotOf } from './testing';

const WELCOME: ServerMessage = {
  type: 'welcome',
  version: 2,
  server: '0.1.0',
  you: { participant: 'p1', may: [] },
  cursor: 'c1',
  snapshot: snapshotOf([]),
  events: [],
  session: null,
  ice_servers: [],
  video_codecs: ['vp8'],
  heartbeat_seconds: 5,
};

/** Feeds inputs one after another; gives the last state and the effects of the last input. */
function run(inputs: readonly ConnectionInput[], from = newConnection({ token: 't', name: null, instance: 'i' })) {
  let state: Connection = from;
  let effects: readonly ConnectionEffect[] = [];
  for (const input of inputs) [state, effects] = stepConnection(state, input);
  return { state, effects, kinds: effects.map(({ type }) => type) };
}

const received = (message: ServerMessage): ConnectionInput => ({ type: 'received', message, random: 0 });
const dropped: ConnectionInput = { type: 'dropped', random: 0 };
const timer: ConnectionInput = { type: 'timer', random: 0 };
const LIVE: readonly ConnectionInput[] = [{ type: 'start' }, { type: 'opened' }, received(WELCOME)];

test('joining says hello and waits for welcome', () => {
  const { effects } = run([{ type: 'start' }, { type: 'opened' }]);
  expect(effects).toMatchObject([{ type: 'send', message: { type: 'hello', token: 't', resume_from: null } }]);
  expect(run(LIVE).state.phase.type).toBe('live');
});

test('a dropped socket comes back from where it was', () => {
  const lost = run([...LIVE, received({ type: 'events', cursor: 'c7', events: [] }), dropped]);
  expect(lost.kinds).toEqual(['lost', 'set_timer']);
  const again = run([timer, { type: 'opened' }], lost.state);
  expect(again.effects).toMatchObject([{ message: { type: 'hello', resume_from: 'c7' } }]);
});

test('attempts come further and further apart, never more than 8 s', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => retryDelay(attempt, 1))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  expect(retryDelay(3, 0)).toBe(2_000);
  let { state } = run([{ type: 'start' }]);
  const delays: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    const waiting = run([dropped], state);
    delays.push(...waiting.effects.flatMap((effect) => (effect.type === 'set_timer' ? [effect.after] : [])));
    state = run([timer], waiting.state).state;
  }
  expect(delays).toEqual([250, 500, 1_000, 2_000]);
});

test('a network that is back is used at once', () => {
  const lost = run([...LIVE, dropped]);
  expect(run([{ type: 'online' }], lost.state).kinds).toEqual(['open_socket', 'set_timer']);
});

test('two beats without an answer end the connection', () => {
  const silent = run([...LIVE, timer, timer]);
  expect(silent.kinds).toEqual(['send', 'set_timer']);
  expect(run([timer], silent.state).kinds).toEqual(['close_socket', 'lost', 'set_timer']);
  const answered = run([received({ type: 'pong', nonce: 2 }), timer], silent.state);
  expect(answered.kinds).toEqual(['send', 'set_timer']);
});

test('a server that says nothing is given up', () => {
  expect(run([{ type: 'start' }, { type: 'opened' }, timer]).kinds).toEqual(['close_socket', 'set_timer']);
});

test('who was taken over does not come back by itself', () => {
  const over = run([...LIVE, received({ type: 'bye', code: 'taken_over', detail: '', reconnect: false })]);
  expect(over.state.phase).toEqual({ type: 'closed', reason: 'taken_over' });
  expect(run([timer, { type: 'online' }, dropped], over.state).state.phase.type).toBe('closed');
  expect(run([{ type: 'start' }], over.state).kinds).toEqual(['open_socket', 'set_timer']);
});

test('a stopping server is awaited; who was too slow comes back afresh', () => {
  const stopping = run([...LIVE, received({ type: 'bye', code: 'server_stopping', detail: '', reconnect: true })]);
  expect(stopping.state).toMatchObject({ phase: { type: 'waiting' }, cursor: 'c1' });
  const slow = run([...LIVE, received({ type: 'bye', code: 'too_slow', detail: '', reconnect: true })]);
  expect(slow.state).toMatchObject({ phase: { type: 'waiting' }, cursor: null });
});
