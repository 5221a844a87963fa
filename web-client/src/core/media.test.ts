import { expect, test } from 'vitest';
import { type Media, type MediaEffect, type MediaInput, NO_MEDIA, stepMedia } from './media';

function run(inputs: readonly MediaInput[], from: Media = NO_MEDIA) {
  let state = from;
  let effects: readonly MediaEffect[] = [];
  for (const input of inputs) [state, effects] = stepMedia(state, input);
  return { state, effects, kinds: effects.map(({ type }) => type) };
}

const answer = (id: number, session = 's1'): MediaInput => ({ type: 'answer', id, session, sdp: 'v=0' });
const ice = (state: RTCIceConnectionState): MediaInput => ({ type: 'ice', state });
const CONNECTED: readonly MediaInput[] = [
  { type: 'welcome', session: null },
  { type: 'offered', id: 1 },
  answer(1),
  ice('connected'),
];

test('one offer, one answer, and media flow', () => {
  expect(run(CONNECTED.slice(0, 1)).kinds).toEqual(['clear_timer', 'new_peer', 'offer']);
  expect(run(CONNECTED).state).toMatchObject({ session: 's1', health: 'connected', pending: null });
});

test('a dropped WebSocket leaves working media alone', () => {
  const back = run([...CONNECTED, { type: 'lost' }, { type: 'welcome', session: 's1' }]);
  expect(back.kinds).toEqual([]);
});

test('a server that forgot the media connection gets a new one', () => {
  expect(run([...CONNECTED, { type: 'lost' }, { type: 'welcome', session: null }]).kinds).toContain('new_peer');
  const asked = run([...CONNECTED, { type: 'network_changed' }, { type: 'offered', id: 2 }]);
  expect(run([{ type: 'refused', id: 2, code: 'unknown_session' }], asked.state).kinds).toContain('new_peer');
});

test('silence on the line for 3 s restarts ICE; a hiccup does not', () => {
  const silent = run([...CONNECTED, ice('disconnected')]);
  expect(silent.effects).toEqual([{ type: 'set_timer', after: 3_000 }]);
  expect(run([{ type: 'timer' }], silent.state).effects).toContainEqual({ type: 'offer', restart: 's1' });
  expect(run([ice('connected'), { type: 'timer' }], silent.state).effects).toEqual([]);
});

test('media_lost restarts, unless it speaks of another connection', () => {
  expect(run([...CONNECTED, { type: 'media_lost', session: 's1' }]).kinds).toContain('offer');
  expect(run([...CONNECTED, { type: 'media_lost', session: 's0' }]).kinds).toEqual([]);
});

test('what cannot be asked now is asked on coming back', () => {
  const away = run([...CONNECTED, { type: 'lost' }, ice('failed')]);
  expect(away.effects).toEqual([]);
  expect(run([{ type: 'welcome', session: 's1' }], away.state).effects).toContainEqual({ type: 'offer', restart: 's1' });
});

test('an offer that was under way when the socket dropped is made again', () => {
  const first = run([{ type: 'welcome', session: null }, { type: 'offered', id: 1 }, { type: 'lost' }]);
  expect(run([{ type: 'welcome', session: null }], first.state).kinds).toContain('new_peer');
  const restart = run([...CONNECTED, { type: 'network_changed' }, { type: 'offered', id: 2 }, { type: 'lost' }]);
  expect(run([{ type: 'welcome', session: 's1' }], restart.state).effects).toContainEqual({ type: 'offer', restart: 's1' });
});

test('two restarts in vain make a new connection', () => {
  let { state } = run(CONNECTED);
  const kinds: string[] = [];
  for (let id = 2; id < 5; id += 1) {
    const failed = run([ice('failed')], state);
    kinds.push(failed.kinds.includes('new_peer') ? 'new' : 'restart');
    state = run([{ type: 'offered', id }, answer(id)], failed.state).state;
  }
  expect(kinds).toEqual(['restart', 'restart', 'new']);
});

test('a refused offer is made again after a while', () => {
  const refused = run([
    { type: 'welcome', session: null },
    { type: 'offered', id: 1 },
    { type: 'refused', id: 1, code: 'media_unavailable' },
  ]);
  expect(refused.kinds).toEqual(['set_timer']);
  expect(run([{ type: 'timer' }], refused.state).kinds).toContain('new_peer');
});

test('a large grid asks for more slots on the connection that is there, when nothing else is under way', () => {
  const asked = run([...CONNECTED, { type: 'grow' }]);
  expect(asked.effects).toEqual([{ type: 'grow', session: 's1' }]);
  const offered = run([{ type: 'offered', id: 2 }], asked.state);
  expect(run([{ type: 'grow' }], offered.state).effects).toEqual([]);
  expect(run([answer(2)], offered.state).effects).toEqual([{ type: 'accept', sdp: 'v=0' }]);
  expect(run([{ type: 'grow' }]).effects).toEqual([]);
});

test('a server that takes no more slots gets a new connection that has them from the start', () => {
  const refused = run([...CONNECTED, { type: 'grow' }, { type: 'offered', id: 2 }, { type: 'refused', id: 2, code: 'sdp_invalid' }]);
  expect(run([{ type: 'timer' }], refused.state).kinds).toContain('new_peer');
});
