import { expect, test } from 'vitest';
import { arrange, NOTHING_ARRANGED } from '../arrange';
import { applyEvents, around } from '../meeting';
import type { DocumentFile, Event } from '../protocol';
import { meetingOf, person, snapshotOf } from '../testing';
import { placeOf } from './documents';
import { groupOf } from './groups';
import { interpreterOf } from './interpretation';

function after(events: readonly Event[]) {
  const snapshot = snapshotOf([person(1, { role: 'chair' }), person(2), person(3), person(4)]);
  return applyEvents(snapshot, events.map((event, index) => ({ at: 1_000 + index, event })));
}

const file: DocumentFile = { name: 'bao-cao.pdf', kind: 'pdf', size: 1_000, sha256: '5e88' };
const added: Event = {
  type: 'documents',
  what: 'added',
  number: 1,
  title: 'Báo cáo quý III',
  item: 2,
  access: { roles: [], from_item: true },
  withdraw_at_end: true,
  file,
  by: 'p1',
};

test('a document is put in, revised, changed and withdrawn', () => {
  const second = { ...file, name: 'bao-cao-2.pdf', sha256: '5e89' };
  const revised: Event = { type: 'documents', what: 'revised', number: 1, version: 2, file: second, by: null };
  const changed: Event = {
    type: 'documents',
    what: 'changed',
    number: 1,
    title: 'Báo cáo',
    item: null,
    access: { roles: ['delegate'], from_item: false },
    withdraw_at_end: false,
    by: 'p1',
  };
  const { documents } = after([added, revised, changed]).procedure;
  expect(documents.list).toMatchObject([{ title: 'Báo cáo', item: null, withdrawn: false }]);
  expect(documents.list[0]?.versions).toEqual([
    { version: 1, file, at: 1_000, by: 'p1' },
    { version: 2, file: second, at: 1_001, by: null },
  ]);
  const withdrawn: Event = { type: 'documents', what: 'withdrawn', numbers: [1], by: 'p1' };
  expect(after([added, withdrawn]).procedure.documents.list[0]?.withdrawn).toBe(true);
});

test('a reader follows the page, goes free and comes back', () => {
  const page = { number: 1, version: 1, page: 7, by: 'p1' };
  const led: Event = { type: 'documents', what: 'led', page };
  const own = { number: 1, version: 1, page: 3 };
  const { documents } = after([added, led]).procedure;
  expect(placeOf(documents, own, false)).toEqual(page);
  expect(placeOf(documents, own, true)).toEqual(own);
  const over = after([added, led, { type: 'documents', what: 'lead_ended', by: null }]).procedure.documents;
  expect(placeOf(over, own, false)).toEqual(own);
});

const opened: Event = {
  type: 'groups',
  what: 'opened',
  groups: [
    { number: 1, name: 'Huyện Đông', units: [] },
    { number: 2, name: 'Huyện Tây', units: [] },
  ],
  members: { p2: 1, p3: 1, p4: 2 },
  ends_at: 9_000,
  by: 'p1',
};

test('who is in a group sees its group and nobody else, until all are back', () => {
  const seen = (snapshot: ReturnType<typeof after>, you: string) =>
    around(meetingOf(snapshot, you)).map(({ id }) => id);
  const apart = after([opened]);
  expect(seen(apart, 'p2')).toEqual(['p3']);
  expect(seen(apart, 'p1')).toEqual([]);
  const stage: Event = { type: 'stage_set', stage: { mode: 'chosen', source: { participant: 'p1', kind: 'camera' } }, by: 'p1' };
  const input = {
    meeting: meetingOf(after([stage, opened]), 'p2'),
    speaking: [],
    room: { width: 1_280, height: 720 },
    view: 'stage' as const,
    page: 0,
    screen: null,
    slots: [],
  };
  expect(arrange(NOTHING_ARRANGED, input).main).toMatchObject({ type: 'camera', source: { participant: 'p3' } });
  const moved: Event = { type: 'groups', what: 'moved', participant: 'p3', group: null, by: 'p1' };
  expect(seen(after([opened, moved]), 'p1')).toEqual(['p3']);
  const closed: Event = { type: 'groups', what: 'closed', by: null };
  expect(seen(after([opened, closed]), 'p2')).toEqual(['p1', 'p3', 'p4']);
  expect(groupOf(after([opened, closed]).procedure.groups, 'p2')).toBeNull();
});

test('a group calls, is answered, and keeps what is written in it', () => {
  const called: Event = { type: 'groups', what: 'called', group: 2, by: 'p4' };
  const message: Event = { type: 'groups', what: 'message_sent', group: 1, from: 'p2', text: 'Thống nhất' };
  const time: Event = { type: 'groups', what: 'time_set', ends_at: null, by: 'p1' };
  expect(after([opened, called, called, message, time]).procedure.groups.open).toMatchObject({
    calls: [2],
    ends_at: null,
    messages: [{ group: 1, at: 1_003, from: 'p2', text: 'Thống nhất' }],
  });
  const answered: Event = { type: 'groups', what: 'answered', group: 2, by: 'p1' };
  expect(after([opened, called, answered]).procedure.groups.open?.calls).toEqual([]);
  expect(after([called]).procedure.groups.open).toBeNull();
});

test('a listener hears who is on air in its channel, or the floor', () => {
  const english: Event = { type: 'interpretation', what: 'added', channel: 1, language: 'English', by: 'p1' };
  const assigned = (participant: string): Event => ({ type: 'interpretation', what: 'assigned', channel: 1, participant, by: 'p1' });
  const onAir = (participant: string): Event => ({ type: 'interpretation', what: 'on_air', channel: 1, participant, by: 'p1' });
  const listens = (channel: number | null): Event => ({ type: 'interpretation', what: 'listens', participant: 'p2', channel });
  const begun = [english, assigned('p4'), assigned('p3'), onAir('p3'), listens(1)];
  const heard = (events: readonly Event[]) => interpreterOf(after(events).procedure.interpretation, 'p2');
  expect(heard(begun)).toBe('p3');
  expect(after(begun).procedure.interpretation.channels[0]?.interpreters).toEqual(['p3', 'p4']);
  expect(heard([...begun, onAir('p4')])).toBe('p4');
  expect(heard([...begun, listens(null)])).toBeNull();
  expect(heard([...begun, { type: 'interpretation', what: 'dismissed', participant: 'p3', by: null }])).toBeNull();
  expect(heard([...begun, { type: 'participant_left', participant: 'p2', reason: 'left' }])).toBeNull();
  const removed: Event = { type: 'interpretation', what: 'removed', channel: 1, by: 'p1' };
  expect(after([...begun, removed]).procedure.interpretation).toMatchObject({ channels: [], listening: {} });
});
