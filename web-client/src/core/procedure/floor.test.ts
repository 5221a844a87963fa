import { expect, test } from 'vitest';
import { applyEvents } from '../meeting';
import type { Event } from '../protocol';
import { person, snapshotOf } from '../testing';

function after(events: readonly Event[]) {
  const snapshot = snapshotOf([person(1, { role: 'chair' }), person(2), person(3)]);
  return applyEvents(snapshot, events.map((event, index) => ({ at: 1_000 + index, event }))).procedure;
}

const hand = (participant: string, raised = true): Event => ({ type: 'hand_set', participant, raised, by: participant });

test('raised hands queue for the floor, and the queue is set by hand', () => {
  const asked = [hand('p3'), hand('p2'), hand('p1')];
  expect(after(asked).floor.queue).toEqual(['p3', 'p2', 'p1']);
  const ordered: Event = { type: 'floor', what: 'ordered', queue: ['p1', 'p2', 'p3'], by: 'p1' };
  const left: Event = { type: 'participant_left', participant: 'p3', reason: 'left' };
  expect(after([...asked, ordered, hand('p2', false), left]).floor.queue).toEqual(['p1']);
});

test('the floor is given, warned of, extended and ended', () => {
  const given: Event = { type: 'floor', what: 'given', participant: 'p2', ends_at: 61_000, by: 'p1' };
  const warned: Event = { type: 'floor', what: 'warned', participant: 'p2' };
  const up: Event = { type: 'floor', what: 'time_up', participant: 'p2' };
  const extended: Event = { type: 'floor', what: 'extended', participant: 'p2', ends_at: 121_000, by: 'p1' };
  const ended: Event = { type: 'floor', what: 'ended', participant: 'p2', reason: 'given_back', by: 'p2' };
  expect(after([given]).floor.holders).toMatchObject([{ participant: 'p2', since: 1_000, warned: false, overdue: false }]);
  expect(after([given, warned, up]).floor.holders).toMatchObject([{ warned: true, overdue: true }]);
  expect(after([given, warned, up, extended]).floor.holders).toMatchObject([{ ends_at: 121_000, warned: false, overdue: false }]);
  expect(after([given, ended]).floor.holders).toEqual([]);
});

test('all are muted but one, and somebody is let out', () => {
  const muted: Event = { type: 'microphones', what: 'all_muted', except: ['p1'], by: 'p1' };
  const excepted: Event = { type: 'microphones', what: 'excepted', participant: 'p2', by: 'p1' };
  expect(after([muted, excepted]).microphones.hold).toEqual({ except: ['p1', 'p2'], by: 'p1', since: 1_000 });
  expect(after([muted, { type: 'microphones', what: 'all_lifted', by: 'p1' }]).microphones.hold).toBeNull();
});

test('a question ends with its answer, and consent with leaving', () => {
  const asked: Event = { type: 'microphones', what: 'asked', participant: 'p2', by: 'p1' };
  const opened: Event = { type: 'microphone_set', participant: 'p2', on: true };
  expect(after([asked]).microphones.asked).toEqual(['p2']);
  expect(after([asked, { type: 'microphones', what: 'answered', participant: 'p2', accept: false }]).microphones.asked).toEqual([]);
  expect(after([asked, opened]).microphones.asked).toEqual([]);
  const consented: Event = { type: 'microphones', what: 'consented', participant: 'p2', given: true };
  expect(after([consented]).microphones.consents).toEqual(['p2']);
  expect(after([consented, { type: 'participant_left', participant: 'p2', reason: 'left' }]).microphones.consents).toEqual([]);
});
