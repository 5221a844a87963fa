import { expect, test } from 'vitest';
import { PROCEDURE_AT_FIRST } from '../procedure';
import type { Participant, Procedure } from '../protocol';
import { meetingOf, person, snapshotOf } from '../testing';
import { columnsIn, HEIGHTS, rowsOf, tierOf, windowOf } from './rows';
import { adviceFor, chosen, countsOf, type SiteState, sitesOf, troubled } from './sites';

/** The wall of a meeting that the first participant runs. */
function wall(sites: readonly Participant[], procedure: Partial<Procedure> = {}, speaking: string[] = []): readonly SiteState[] {
  const chair = person(1, { role: 'chair', name: 'Chủ tọa' });
  return sitesOf(meetingOf(snapshotOf([chair, ...sites], { procedure: { ...PROCEDURE_AT_FIRST, ...procedure } })), speaking);
}

function names(sites: readonly SiteState[]): string[] {
  return sites.map(({ participant }) => participant.name);
}

test('of three hundred sites the three without sound are found in one look', () => {
  const silent = [17, 140, 288];
  const sites = wall(Array.from({ length: 300 }, (_, index) => person(index + 2, { microphone: !silent.includes(index) })));
  expect(sites).toHaveLength(300);
  expect(countsOf(sites)).toEqual({ absent: 0, no_sound: 3, bad_line: 0, hand: 0 });
  expect(names(chosen(sites, 'no_sound', ''))).toEqual(['Điểm cầu 19', 'Điểm cầu 142', 'Điểm cầu 290']);
});

test('whoever is to be silent lacks no sound; whoever has the floor does', () => {
  const closed = [person(2), person(3, { muted: true }), person(4)];
  const held = { microphones: { ...PROCEDURE_AT_FIRST.microphones, hold: { since: 0, by: 'p1', except: ['p4'] } } };
  expect(names(chosen(wall(closed), 'no_sound', ''))).toEqual(['Điểm cầu 2', 'Điểm cầu 4']);
  expect(names(chosen(wall(closed, held), 'no_sound', ''))).toEqual(['Điểm cầu 4']);
  const { floor } = PROCEDURE_AT_FIRST;
  const byFloor = {
    floor: { ...floor, policy: { ...floor.policy, mode: 'by_floor' as const }, holders: [{ participant: 'p3', since: 0, ends_at: null, warned: false, overdue: false }] },
  };
  expect(names(chosen(wall(closed, byFloor), 'no_sound', ''))).toEqual(['Điểm cầu 3']);
});

test('a site that is gone, one whose line is lost, and one that asks to speak', () => {
  const { floor } = PROCEDURE_AT_FIRST;
  const sites = wall(
    [person(2, { presence: 'left' }), person(3, { presence: 'reconnecting', microphone: true }), person(4, { microphone: true, hand_raised_at: 5 }), person(5, { role: 'observer' })],
    { floor: { ...floor, queue: ['p4'] } },
    ['p4'],
  );
  expect(sites.map(({ filters }) => filters)).toEqual([['absent'], ['bad_line'], ['hand']]);
  expect(sites.map(({ sound, line, hand }) => [sound, line, hand])).toEqual([
    ['none', 'none', null],
    ['none', 'lost', null],
    ['speaking', 'good', 1],
  ]);
  expect(sites.map(adviceFor)).toEqual(['absent', 'line', 'well']);
  expect(troubled(sites)).toBe(2);
});

test('the roll call tells who checked in, with how many people', () => {
  const open = { number: 1, opened_at: 0, here: ['p2', 'p3'], answers: { p2: { headcount: 12, delegates: '' } } };
  const { roll_calls: calls } = PROCEDURE_AT_FIRST;
  const asked = wall([person(2), person(3)], { roll_calls: { ...calls, open } });
  expect(asked.map(({ checkIn, headcount }) => [checkIn, headcount])).toEqual([
    ['present', 12],
    ['waiting', null],
  ]);
  const last = { number: 1, entries: [{ participant: 'p3', found: 'late' as const, headcount: 7 }] };
  const told = wall([person(2), person(3)], { roll_calls: { ...calls, last } });
  expect(told.map(({ checkIn, headcount }) => [checkIn, headcount])).toEqual([
    ['none', null],
    ['late', 7],
  ]);
});

test('a name is found without diacritics, by its unit too', () => {
  const sites = wall([person(2, { name: 'Xã Đồng Tháp', unit: 'Huyện Cần Đước' }), person(3, { name: 'Xã An Bình' })]);
  expect(names(chosen(sites, null, 'dong'))).toEqual(['Xã Đồng Tháp']);
  expect(names(chosen(sites, null, 'can duoc DONG'))).toEqual(['Xã Đồng Tháp']);
  expect(names(chosen(sites, null, 'đồng bình'))).toEqual([]);
});

test('units stand by their tiers, and can be folded', () => {
  expect(['UBND tỉnh Hà Minh', 'Thị xã Bình Long', 'Thị trấn Mỏ Cày', 'Phường Bến Nghé', 'Sở Nội vụ', null].map(tierOf)).toEqual(['province', 'district', 'commune', 'commune', 'other', 'other']);
  const sites = wall([
    person(2, { unit: 'Xã An Bình', presence: 'left' }),
    person(3, { unit: 'UBND tỉnh Hà Minh' }),
    person(4, { unit: 'Xã An Bình' }),
    person(5, { unit: null }),
  ]);
  const rows = rowsOf(sites, 'tree', 400, new Set(['Xã An Bình']));
  expect(rows.map((row) => (row.type === 'unit' ? `${row.unit} ${row.here}/${row.total}` : row.type))).toEqual([
    'UBND tỉnh Hà Minh 1/1',
    'tiles',
    'Xã An Bình 1/2',
    'null 1/1',
    'tiles',
  ]);
  expect(rows.at(-1)).toMatchObject({ first: 4 });
});

test('of three thousand sites only those in sight are drawn', () => {
  const sites = wall(Array.from({ length: 3_000 }, (_, index) => person(index + 2)));
  const rows = rowsOf(sites, 'grid', 1_000, new Set());
  expect(columnsIn(1_000)).toBe(5);
  expect(rows).toHaveLength(600);
  const seen = windowOf(rows, 20_000, 700);
  expect(seen.height).toBe(600 * HEIGHTS.tiles);
  expect(seen.end - seen.start).toBeLessThan(16);
  expect(seen.top).toBeLessThanOrEqual(20_000);
  expect(seen.top + (seen.end - seen.start) * HEIGHTS.tiles).toBeGreaterThan(20_700);
  expect(windowOf([], 0, 700)).toEqual({ start: 0, end: 0, top: 0, height: 0 });
});
