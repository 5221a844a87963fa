import { expect, test } from 'vitest';
import { noticeOf } from './notice';
import type { Event } from './protocol';
import { person, snapshotOf } from './testing';

const snapshot = snapshotOf([person(1, { name: 'Chủ tọa' }), person(2, { name: 'Xã An Bình' })]);
const heard = (event: Event, you: string) => noticeOf({ at: 0, event }, snapshot, you);

test('a raised hand is told to the others', () => {
  const hand: Event = { type: 'hand_set', participant: 'p2', raised: true, by: 'p2' };
  expect(heard(hand, 'p1')).toEqual({ type: 'hand_raised', name: 'Xã An Bình' });
  expect(heard(hand, 'p2')).toBeNull();
});

test('who is muted is told by whom; the others are not', () => {
  const muted: Event = { type: 'muted_set', participant: 'p2', muted: true, by: 'p1' };
  expect(heard(muted, 'p2')).toEqual({ type: 'you_muted', name: 'Chủ tọa' });
  expect(heard(muted, 'p1')).toBeNull();
});

test('a stage that follows the speaker is not talked about', () => {
  const source = { participant: 'p2', kind: 'camera' as const };
  expect(heard({ type: 'stage_set', stage: { mode: 'follow_speaker', source }, by: null }, 'p1')).toBeNull();
  expect(heard({ type: 'stage_set', stage: { mode: 'chosen', source }, by: 'p1' }, 'p1')?.type).toBe('stage_chosen');
});
