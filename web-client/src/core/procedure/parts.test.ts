import { expect, test } from 'vitest';
import { applyEvents, participantOf } from '../meeting';
import type { Event } from '../protocol';
import { person, snapshotOf } from '../testing';

function after(events: readonly Event[]) {
  const snapshot = snapshotOf([person(1, { role: 'chair' }), person(2)]);
  return applyEvents(snapshot, events.map((event, index) => ({ at: 1_000 + index, event })));
}

const waits: Event = {
  type: 'admission',
  what: 'waits',
  participant: 'khach',
  name: 'lan 1990',
  role: 'delegate',
  kind: 'person',
  unit: null,
  guest: true,
};

test('a guest waits, is given a name, and is let in or turned away', () => {
  const renamed: Event = { type: 'admission', what: 'renamed', participant: 'khach', name: 'Bà Lan', by: 'p1' };
  expect(after([waits, renamed]).procedure.admission.waiting).toMatchObject([{ name: 'Bà Lan', since: 1_000 }]);
  const admitted: Event = { type: 'admission', what: 'admitted', participant: 'khach', by: 'p1' };
  expect(after([waits, admitted]).procedure.admission.waiting).toEqual([]);
  const removed: Event = { type: 'admission', what: 'removed', participant: 'khach', reason: 'Vào nhầm', by: 'p1' };
  const gone = after([waits, removed]).procedure.admission;
  expect(gone).toMatchObject({ waiting: [], removed: ['khach'] });
  expect(after([waits, { type: 'server_restarted' }]).procedure.admission.waiting).toEqual([]);
});

test('who is in goes by the name that the meeting sets', () => {
  const renamed: Event = { type: 'admission', what: 'renamed', participant: 'p2', name: 'Xã An Bình', by: 'p1' };
  expect(participantOf(after([renamed]), 'p2')?.name).toBe('Xã An Bình');
});

test('an item of the agenda is dealt with in two stretches', () => {
  const added = (number: number): Event => ({
    type: 'agenda',
    what: 'added',
    number,
    title: `Nội dung ${number}`,
    minutes: 10,
    speakers: '',
    documents: [],
    by: 'p1',
  });
  const started: Event = { type: 'agenda', what: 'started', number: 2, by: 'p1' };
  const finished: Event = { type: 'agenda', what: 'finished', number: 2, by: 'p1' };
  const reordered: Event = { type: 'agenda', what: 'reordered', numbers: [2, 1], by: 'p1' };
  const { agenda } = after([added(1), added(2), reordered, started, finished, started, finished]).procedure;
  expect(agenda.items.map(({ number }) => number)).toEqual([2, 1]);
  expect(agenda.items[0]).toMatchObject({ started_at: 1_003, finished_at: 1_006, spent: 2, running_since: null });
  expect(agenda.current).toBeNull();
});

test('a roll call is opened, answered and closed, and a check goes on', () => {
  const opened: Event = { type: 'roll_call', what: 'opened', number: 1, here: ['p1', 'p2'], by: 'p1' };
  const answered: Event = { type: 'roll_call', what: 'answered', participant: 'p2', headcount: 5, delegates: 'Bà Lan' };
  const asked: Event = { type: 'roll_call', what: 'check_opened', number: 1, asked: ['p1', 'p2'], ends_at: 9_000, by: 'p1' };
  const there: Event = { type: 'roll_call', what: 'check_answered', participant: 'p2' };
  const calls = after([opened, answered, asked, there]).procedure.roll_calls;
  expect(calls.open?.answers).toEqual({ p2: { headcount: 5, delegates: 'Bà Lan' } });
  expect(calls.check?.asked).toEqual(['p1']);
  const result = { number: 1, entries: [{ participant: 'p2', found: 'present' as const, headcount: 5 }] };
  const closed = after([opened, answered, { type: 'roll_call', what: 'closed', result, by: 'p1' }]).procedure.roll_calls;
  expect(closed).toMatchObject({ open: null, last: result });
});

test('two stand side by side, one is alone again, and a document is shown', () => {
  const camera = (participant: string) => ({ participant, kind: 'camera' as const });
  const show = { type: 'sources' as const, sources: [camera('p1'), camera('p2')] };
  const prepared: Event = { type: 'stage', what: 'prepared', show, by: 'p1' };
  const set: Event = { type: 'stage_set', stage: { mode: 'chosen', source: camera('p1') }, by: 'p1' };
  const shown: Event = { type: 'stage', what: 'shown', show, by: 'p1' };
  expect(after([prepared]).procedure.stage.preview).toEqual(show);
  expect(after([prepared, set, shown]).procedure.stage).toMatchObject({ beside: [camera('p2')], preview: null });
  expect(after([set, shown, set]).procedure.stage.beside).toEqual([]);
  expect(after([set, shown, { type: 'participant_left', participant: 'p2', reason: 'left' }]).procedure.stage.beside).toEqual([]);
  const document = { type: 'document' as const, reference: 'bao-cao.pdf', page: 2 };
  const page: Event = { type: 'stage', what: 'shown', show: document, by: 'p1' };
  expect(after([shown, page]).procedure.stage).toMatchObject({ beside: [], document: { page: 2 } });
});

test('a site is given a screen until that ends', () => {
  const source = { participant: 'p1', kind: 'screen' as const };
  const given: Event = { type: 'stage', what: 'given', participant: 'p2', source, by: 'p1' };
  expect(after([given]).procedure.stage.given).toEqual({ p2: source });
  expect(after([given, { type: 'screen_set', participant: 'p1', on: false }]).procedure.stage.given).toEqual({});
  expect(after([given, { ...given, source: null }]).procedure.stage.given).toEqual({});
});

test('something is announced, a break is taken, and messages go to the controller', () => {
  const announced: Event = { type: 'conduct', what: 'announced', text: 'Họp tiếp lúc 14 giờ', by: 'p1' };
  const timer: Event = { type: 'conduct', what: 'timer_started', ends_at: 9_000, by: 'p1' };
  const pause = (until: number | null): Event => ({ type: 'conduct', what: 'paused', until, by: 'p1' });
  const message: Event = { type: 'conduct', what: 'message_sent', from: 'p2', text: 'Mất tiếng' };
  const { conduct } = after([announced, timer, pause(null), pause(9_000), message]).procedure;
  expect(conduct).toMatchObject({
    announcement: { text: 'Họp tiếp lúc 14 giờ', at: 1_000 },
    timer_ends_at: 9_000,
    pause: { since: 1_002, until: 9_000 },
    messages: [{ at: 1_004, from: 'p2' }],
  });
  const over = after([announced, timer, pause(null), { type: 'conduct', what: 'resumed', by: 'p1' }, { type: 'conduct', what: 'timer_ended', by: null }]);
  expect(over.procedure.conduct).toMatchObject({ pause: null, timer_ends_at: null });
});

test('what is noted for the minutes stands there, and a rehearsal leaves no note', () => {
  const noted: Event = { type: 'conduct', what: 'noted', text: 'Giao Sở Y tế', conclusion: true, by: 'p1' };
  const note = { at: 1_000, by: 'p1', text: 'Giao Sở Y tế', conclusion: true };
  expect(after([noted]).procedure.conduct.notes).toEqual([note]);
  const opened: Event = { type: 'meeting_opened', title: 'Giao ban', host_unit: 'UBND tỉnh' };
  expect(after([noted, opened]).procedure.conduct.notes).toEqual([]);
});

test('what was planned and confirmed stays through the opening', () => {
  const about = { title: 'Giao ban', host_unit: 'UBND tỉnh' };
  const time = { starts_at: 5_000, ends_at: 9_000, time_zone: 'Asia/Ho_Chi_Minh' };
  const planned: Event = { type: 'course', what: 'planned', time, most_sites: 30, recorded: true };
  const word: Event = { type: 'course', what: 'no_state_secrets', organiser: 'Trần Văn Hùng', at: 700 };
  const invited = { name: 'Xã An Bình', role: 'operator', kind: 'site', unit: null } as const;
  const expected: Event = { type: 'course', what: 'invited', participant: 'p9', ...invited };
  const { course } = after([planned, word, expected, { type: 'meeting_opened', ...about }]).procedure;
  expect(course).toMatchObject({ planned: time, most_sites: 30, recorded: true });
  expect(course.no_state_secrets).toEqual({ organiser: 'Trần Văn Hùng', at: 700 });
  expect(course.awaited).toEqual({ p9: invited });
});

test('a rehearsal does not count, and an end is an end', () => {
  const about = { title: 'Giao ban', host_unit: 'UBND tỉnh' };
  const began: Event = { type: 'course', what: 'rehearsal_began', ...about };
  const added: Event = { type: 'agenda', what: 'added', number: 1, title: 'Khai mạc', minutes: 10, speakers: '', documents: [], by: 'p1' };
  const started: Event = { type: 'agenda', what: 'started', number: 1, by: 'p1' };
  const called: Event = { type: 'roll_call', what: 'opened', number: 1, here: ['p1'], by: 'p1' };
  const rehearsed = [began, added, started, called];
  expect(after(rehearsed).procedure.course.rehearsal).toBe(true);
  const opened = after([...rehearsed, { type: 'meeting_opened', ...about }]);
  expect(opened.procedure.course).toEqual({ rehearsal: false, ended_at: null });
  expect(opened.meeting.opened_at).toBe(1_004);
  expect(opened.procedure.agenda).toMatchObject({ current: null, items: [{ title: 'Khai mạc', started_at: null, running_since: null }] });
  expect(opened.procedure.roll_calls).toMatchObject({ called: 0, open: null });
  expect(after([{ type: 'course', what: 'ended', by: 'p1' }]).procedure.course.ended_at).toBe(1_000);
});

test('a recording is announced before it begins', () => {
  const announced: Event = { type: 'recording', what: 'announced', starts_at: 1_001, by: 'p1' };
  const started: Event = { type: 'recording', what: 'started' };
  const consented: Event = { type: 'recording', what: 'consented', participant: 'p2', given: true };
  expect(after([announced, consented]).procedure.recording).toEqual({ starts_at: 1_001, since: null, consents: { p2: true } });
  expect(after([announced, started]).procedure.recording).toMatchObject({ starts_at: null, since: 1_001 });
  const paused: Event = { type: 'recording', what: 'paused', by: 'p1' };
  expect(after([announced, started, paused]).procedure.recording).toMatchObject({ since: 1_001, paused_since: 1_002 });
  expect(after([announced, started, paused, { type: 'recording', what: 'resumed', by: 'p1' }]).procedure.recording).toEqual({
    starts_at: null,
    since: 1_001,
    consents: {},
  });
  expect(after([announced, { type: 'recording', what: 'stopped', by: 'p1' }]).procedure.recording.starts_at).toBeNull();
});
