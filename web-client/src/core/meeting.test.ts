import { expect, test } from 'vitest';
import { applyEvents, initials, isHeard, participantOf, raisedHands, roster } from './meeting';
import type { Event } from './protocol';
import { person, snapshotOf } from './testing';

function after(events: readonly Event[], snapshot = snapshotOf([person(1, { role: 'chair' }), person(2)])) {
  return applyEvents(snapshot, events.map((event, index) => ({ at: 1_000 + index, event })));
}

test('xã An Bình joins, raises its hand, speaks and leaves', () => {
  const joined: Event = {
    type: 'participant_joined',
    participant: 'an-binh',
    number: 3,
    name: 'Điểm cầu xã An Bình',
    role: 'operator',
    kind: 'site',
    unit: 'Huyện Châu Thành',
  };
  const inside = after([
    joined,
    { type: 'hand_set', participant: 'an-binh', raised: true, by: 'an-binh' },
    { type: 'microphone_set', participant: 'an-binh', on: true },
  ]);
  expect(participantOf(inside, 'an-binh')).toMatchObject({ presence: 'present', microphone: true, hand_raised_at: 1_001 });

  const gone = after([{ type: 'participant_left', participant: 'an-binh', reason: 'left' }], inside);
  expect(participantOf(gone, 'an-binh')).toMatchObject({ presence: 'left', microphone: false, hand_raised_at: null });
  expect(roster(gone).map(({ id }) => id)).toEqual(['p1', 'p2']);
});

test('who was muted stays muted through leaving and coming back', () => {
  const snapshot = after([
    { type: 'muted_set', participant: 'p2', muted: true, by: 'p1' },
    { type: 'participant_left', participant: 'p2', reason: 'connection_lost' },
    { type: 'participant_joined', participant: 'p2', number: 2, name: 'B', role: 'operator', kind: 'site', unit: null },
  ]);
  expect(participantOf(snapshot, 'p2')).toMatchObject({ muted: true, microphone: false, presence: 'present' });
});

test('a muted microphone is not heard, whatever its switch says', () => {
  expect(isHeard(person(1, { microphone: true }))).toBe(true);
  expect(isHeard(person(1, { microphone: true, muted: true }))).toBe(false);
});

test('hands stand in the order in which they went up', () => {
  const snapshot = snapshotOf([
    person(1, { hand_raised_at: 30 }),
    person(2, { hand_raised_at: 10 }),
    person(3),
    person(4, { hand_raised_at: 20, presence: 'left' }),
    person(5, { hand_raised_at: 20 }),
  ]);
  expect(raisedHands(snapshot).map(({ number }) => number)).toEqual([2, 5, 1]);
});

test('after a restart of the server everybody who was here is awaited', () => {
  const snapshot = after([{ type: 'server_restarted' }, { type: 'connection_restored', participant: 'p2' }]);
  expect(snapshot.participants.map(({ presence }) => presence)).toEqual(['reconnecting', 'present']);
});

test('chat and stage follow their events', () => {
  const snapshot = after([
    { type: 'chat_sent', from: 'p2', text: 'Đã sẵn sàng.' },
    { type: 'stage_set', stage: { mode: 'chosen', source: { participant: 'p2', kind: 'camera' } }, by: 'p1' },
  ]);
  expect(snapshot.chat).toEqual([{ at: 1_000, from: 'p2', text: 'Đã sẵn sàng.' }]);
  expect(snapshot.stage.source?.participant).toBe('p2');
});

test.each([
  ['Nguyễn Văn Bình', 'VB'],
  ['Điểm cầu xã Hòa Phước', 'HP'],
  ['Lê Đức', 'LĐ'],
  ['Sở Y tế', 'YT'],
  ['Ủy ban', 'ỦB'],
  ['Khách', 'K'],
  ['', ''],
])('the initials of %s are %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});
