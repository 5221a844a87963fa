import { expect, test } from 'vitest';
import { applyRosterChange, applyRosterPage, FIRST_WISH, naming, pagesBeside, presentCount, rosterMessage } from './roster';
import { person, snapshotOf } from './testing';

const LARGE = snapshotOf([person(1), person(2), person(400)], {
  roster: { total: 3_321, here: 3_300, first: 1, count: 100 },
});

test('a page replaces what was known', () => {
  const roster = { total: 3_321, here: 3_301, first: 101, count: 100 };
  const turned = applyRosterPage(LARGE, { roster, participants: [person(1), person(101)] });
  expect(turned.participants.map(({ number }) => number)).toEqual([1, 101]);
  expect(presentCount(turned)).toBe(3_301);
});

test('a change puts people in and counts', () => {
  const participants = [person(2, { camera: false }), person(300)];
  const changed = applyRosterChange(LARGE, { total: 3_321, here: 3_299, participants });
  expect(changed.participants.map(({ number, camera }) => [number, camera])).toEqual([
    [1, true],
    [2, false],
    [300, true],
    [400, true],
  ]);
  expect(presentCount(changed)).toBe(3_299);
});

test('in a small meeting everybody is known', () => {
  const small = snapshotOf([person(1), person(2, { presence: 'left' })]);
  expect(presentCount(small)).toBe(1);
  expect(applyRosterChange(small, { total: 9, here: 9, participants: [person(9)] })).toBe(small);
  expect(naming(FIRST_WISH, small, ['p9'])).toBe(FIRST_WISH);
  expect(pagesBeside(small)).toEqual({ before: null, after: null });
});

test('whoever is shown and not known is named once', () => {
  const wish = naming(FIRST_WISH, LARGE, ['p2', 'p77', 'p77']);
  expect(wish.named).toEqual(['p77']);
  expect(naming(wish, LARGE, ['p77'])).toBe(wish);
  const many = Array.from({ length: 150 }, (_, index) => `q${index}`);
  expect(naming(wish, LARGE, many).named).toHaveLength(100);
  expect(rosterMessage(wish)).toEqual({ type: 'roster', first: 1, count: 100, named: ['p77'] });
});

test('pages lie beside each other', () => {
  expect(pagesBeside(LARGE)).toEqual({ before: null, after: 101 });
  const roster = { total: 3_321, here: 3_300, first: 3_301, count: 100 };
  expect(pagesBeside({ ...LARGE, roster })).toEqual({ before: 3_201, after: null });
});
