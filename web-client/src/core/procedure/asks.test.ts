import { expect, test } from 'vitest';
import { applyEvents, type Meeting } from '../meeting';
import type { Event } from '../protocol';
import { meetingOf, person, snapshotOf } from '../testing';
import { isAskedToOpen, isCalled, isChecked, isToConsent, ownFloor, placeInQueue, whyClosed } from './asks';

const POLICY = { mode: 'by_floor', at_once: 1, seconds: 60, warn_before: 10, ends_by_itself: false } as const;

function after(...events: Event[]): Meeting {
  const people = [person(1, { name: 'Xã An Bình' }), person(2, { role: 'chair' })];
  const snapshot = applyEvents(snapshotOf(people), events.map((event) => ({ at: 1_000, event })));
  return meetingOf(snapshot, 'p1', ['publish_microphone', 'answer_roll_call']);
}

test('a microphone is closed by the meeting’s policy, until one has the floor', () => {
  expect(whyClosed(after())).toBeNull();
  const byFloor: Event = { type: 'floor', what: 'policy_set', policy: POLICY, by: 'p2' };
  expect(whyClosed(after(byFloor))).toBe('floor');
  const given: Event = { type: 'floor', what: 'given', participant: 'p1', ends_at: 61_000, by: 'p2' };
  expect(whyClosed(after(byFloor, given))).toBeNull();
  expect(ownFloor(after(byFloor, given))?.ends_at).toBe(61_000);
});

test('a hold closes all but some; whoever is muted by name is told so first', () => {
  const hold: Event = { type: 'microphones', what: 'all_muted', except: ['p2'], by: 'p2' };
  expect(whyClosed(after(hold))).toBe('held');
  expect(whyClosed(after(hold, { type: 'muted_set', participant: 'p1', muted: true, by: 'p2' }))).toBe('muted');
  expect(whyClosed(after(hold, { type: 'microphones', what: 'all_lifted', by: 'p2' }))).toBeNull();
});

test('the place in the queue counts from one', () => {
  const hand = (participant: string): Event => ({ type: 'hand_set', participant, raised: true, by: participant });
  expect(placeInQueue(after())).toBeNull();
  expect(placeInQueue(after(hand('p2'), hand('p1')))).toBe(2);
});

test('what is asked is asked until it is answered', () => {
  const asked: Event = { type: 'microphones', what: 'asked', participant: 'p1', by: 'p2' };
  expect(isAskedToOpen(after(asked))).toBe(true);
  expect(isAskedToOpen(after(asked, { type: 'microphones', what: 'answered', participant: 'p1', accept: false }))).toBe(false);
  const roll: Event = { type: 'roll_call', what: 'opened', number: 1, here: ['p1', 'p2'], by: 'p2' };
  expect(isCalled(after(roll))).toBe(true);
  expect(isCalled(after(roll, { type: 'roll_call', what: 'answered', participant: 'p1', headcount: 3, delegates: '' }))).toBe(false);
  const check: Event = { type: 'roll_call', what: 'check_opened', number: 1, asked: ['p1'], ends_at: 9_000, by: 'p2' };
  expect(isChecked(after(check))).toBe(true);
  expect(isChecked(after(check, { type: 'roll_call', what: 'check_answered', participant: 'p1' }))).toBe(false);
  const told: Event = { type: 'recording', what: 'announced', starts_at: 11_000, by: 'p2' };
  expect(isToConsent(after(told))).toBe(true);
  expect(isToConsent(after(told, { type: 'recording', what: 'consented', participant: 'p1', given: false }))).toBe(false);
});
