import { expect, test } from 'vitest';
import { arrange, type ArrangeInput, type Arrangement, assignSlots, NOTHING_ARRANGED, orderTiles, PAGER, wishes } from './arrange';
import { PROCEDURE_AT_FIRST } from './procedure';
import type { Participant, Snapshot } from './protocol';
import { meetingOf, offeredSlots, person, snapshotOf } from './testing';

const SLOTS = offeredSlots();
const FIVE = [1, 2, 3, 4, 5].map((number) => person(number));

function arranged(
  participants: readonly Participant[],
  part: Partial<Snapshot> = {},
  more: Partial<ArrangeInput> = {},
  previous: Arrangement = NOTHING_ARRANGED,
): Arrangement {
  return arrange(previous, {
    meeting: meetingOf(snapshotOf(participants, part)),
    speaking: [],
    room: { width: 1_366, height: 636 },
    view: 'stage',
    page: 0,
    screen: null,
    slots: SLOTS,
    ...more,
  });
}

const stageOf = (participant: string, kind: 'camera' | 'screen' = 'camera'): Partial<Snapshot> => ({
  stage: { mode: 'follow_speaker', source: { participant, kind } },
});

test('four others are seen: one on the stage, three in tiles', () => {
  const now = arranged(FIVE, stageOf('p2'));
  expect(now.main).toEqual({ type: 'stage', source: { participant: 'p2', kind: 'camera' } });
  expect(now.order).toEqual(['p3', 'p4', 'p5']);
  const wished = wishes(now, SLOTS, 2, false);
  expect(wished.map(({ mid }) => mid)).toEqual(['4', '9', '10', '11']);
  expect(wished[0]).toMatchObject({ source: null, height: 1_272 });
  expect(wished[1]?.source).toEqual({ participant: 'p3', kind: 'camera' });
});

test('when the stage changes, the two change places and nobody else moves', () => {
  const before = arranged(FIVE, stageOf('p2'));
  const now = arranged(FIVE, stageOf('p4'), {}, before);
  expect(now.order).toEqual(['p3', 'p2', 'p5']);
  expect([...now.slots]).toEqual([
    ['9', { participant: 'p3', kind: 'camera' }],
    ['11', { participant: 'p5', kind: 'camera' }],
    ['10', { participant: 'p2', kind: 'camera' }],
  ]);
});

test('two side by side share the place of the stage, each under their own name', () => {
  const beside = [{ participant: 'p4', kind: 'camera' } as const];
  const procedure = { ...PROCEDURE_AT_FIRST, stage: { ...PROCEDURE_AT_FIRST.stage, beside } };
  const alone = arranged(FIVE, stageOf('p2')).mainRect;
  const now = arranged(FIVE, { ...stageOf('p2'), procedure });
  expect(now.mainRect?.width).toBeLessThan((alone?.width ?? 0) / 2);
  const [tile] = now.tiles;
  expect(tile).toMatchObject({ type: 'other', participant: 'p4', rect: { top: 0, width: now.mainRect?.width, height: now.mainRect?.height } });
  expect(now.order).toEqual(['p3', 'p5']);
  const wished = wishes(now, SLOTS, 1, false).map(({ source }) => source?.participant);
  expect(wished).toEqual([undefined, 'p4', 'p3', 'p5']);
});

test('beside the stage stands a face where there is no camera; we ourselves take no place of it', () => {
  const beside = ['p1', 'p3', 'p5'].map((participant) => ({ participant, kind: 'camera' as const }));
  const procedure = { ...PROCEDURE_AT_FIRST, stage: { ...PROCEDURE_AT_FIRST.stage, beside } };
  const people = FIVE.map((one) => (one.id === 'p3' ? { ...one, camera: false } : one));
  const now = arranged(people, { ...stageOf('p2'), procedure });
  expect(now.order).toEqual(['p4']);
  expect(now.tiles.slice(0, 2)).toMatchObject([{ participant: 'p3', mid: null }, { participant: 'p5' }]);
  expect(now.tiles[1]).not.toMatchObject({ mid: null });
});

test('our own turn on the stage leaves there what was before', () => {
  const before = arranged(FIVE, stageOf('p2'));
  expect(arranged(FIVE, stageOf('p1'), {}, before).main).toEqual(before.main);
  const withoutCamera = FIVE.map((one) => (one.id === 'p2' ? { ...one, camera: false } : one));
  expect(arranged(withoutCamera, stageOf('p1'), {}, before).main).toMatchObject({ type: 'camera', source: { participant: 'p3' } });
});

test('an empty stage shows the chair', () => {
  const people = [person(1), person(2), person(3, { role: 'chair' })];
  expect(arranged(people).main).toEqual({ type: 'camera', source: { participant: 'p3', kind: 'camera' } });
  expect(arranged([person(1)]).main).toEqual({ type: 'empty' });
});

test('a shared screen is shown big, and everybody else in tiles', () => {
  const people = [person(1), person(2), person(3, { screen: true })];
  const now = arranged(people, stageOf('p2'));
  expect(now.main).toEqual({ type: 'screen', source: { participant: 'p3', kind: 'screen' } });
  expect(now.mainMid).toBe('17');
  expect(now.order).toEqual(['p2', 'p3']);
});

test('our own screen on the stage is not sent back to us', () => {
  expect(arranged([person(1, { screen: true }), person(2)], stageOf('p1', 'screen')).main.type).toBe('own_screen');
});

test('a hidden page keeps its slots at height 0', () => {
  const now = arranged(FIVE, stageOf('p2'));
  expect(wishes(now, SLOTS, 1, true).map(({ height }) => height)).toEqual([0, 0, 0, 0]);
});

test('three hundred sites: what fits is shown, the rest is counted', () => {
  const many = Array.from({ length: 300 }, (_, index) => person(index + 1));
  const now = arranged(many, stageOf('p2'));
  const others = now.tiles.filter((tile) => tile.type === 'other');
  expect(others.length).toBeGreaterThanOrEqual(2);
  expect(now.tiles.at(-1)).toMatchObject({ type: 'more', count: 298 - others.length });
});

test('a grid shows 24 others and no stage, and the rest on further pages', () => {
  const many = Array.from({ length: 60 }, (_, index) => person(index + 1));
  const room = { width: 1_366, height: 700 };
  const first = arranged(many, stageOf('p2'), { view: 'grid', room });
  expect(first.mainMid).toBeNull();
  expect(first.tiles.map(({ type }) => type)).toEqual(['self', ...Array<string>(24).fill('other')]);
  expect([first.page, first.pages, first.pictures]).toEqual([0, 3, 24]);
  const seen = [first];
  for (const page of [1, 2]) seen.push(arranged(many, stageOf('p2'), { view: 'grid', room, page }, seen.at(-1)));
  const others = seen.flatMap(({ tiles }) => tiles.flatMap((tile) => (tile.type === 'other' ? [tile.participant] : [])));
  expect(others).toHaveLength(59);
  expect(new Set(others).size).toBe(59);
  expect(arranged(many, stageOf('p2'), { view: 'grid', room, page: 9 }).page).toBe(2);
});

test('a grid of ten has one page, and wants more pictures than there are slots', () => {
  const ten = Array.from({ length: 10 }, (_, index) => person(index + 1));
  const now = arranged(ten, {}, { view: 'grid' });
  expect([now.pages, now.pictures]).toEqual([1, 9]);
  expect(now.tiles.filter((tile) => tile.type === 'other' && tile.mid !== null)).toHaveLength(8);
});

test('a phone shows as many on a page as can be told apart', () => {
  const many = Array.from({ length: 60 }, (_, index) => person(index + 1));
  const now = arranged(many, {}, { view: 'grid', room: { width: 374, height: 720 } });
  expect(now.pages).toBeGreaterThan(1);
  for (const { rect } of now.tiles) {
    expect(rect.width).toBeGreaterThanOrEqual(110);
    expect(rect.top + rect.height).toBeLessThanOrEqual(720 - PAGER);
  }
});

test('of several shared screens the viewer chooses, until it ends', () => {
  const sharing = [person(1), person(2, { screen: true }), person(3, { screen: true })];
  const first = arranged(sharing);
  expect(first.main).toMatchObject({ type: 'screen', source: { participant: 'p2' } });
  const other = arranged(sharing, {}, { screen: 'p3' }, first);
  expect(other.main).toMatchObject({ type: 'screen', source: { participant: 'p3', kind: 'screen' } });
  const ended = arranged([person(1), person(2, { screen: true }), person(3)], {}, { screen: 'p3' }, other);
  expect(ended.main).toMatchObject({ type: 'screen', source: { participant: 'p2' } });
  // Against the stage, too.
  const staged = arranged(sharing, stageOf('p2', 'screen'), { screen: 'p3' });
  expect(staged.main).toMatchObject({ type: 'screen', source: { participant: 'p3' } });
  expect(arranged(sharing, stageOf('p2', 'screen'), { screen: 'p2' }).main.type).toBe('stage');
});

test('who speaks or raises a hand gets the place of the one with least to show', () => {
  const people = [person(2), person(3, { camera: false }), person(4), person(5), person(6, { camera: false })];
  expect(orderTiles(['p2', 'p3', 'p4'], people, [], 3)).toEqual(['p2', 'p5', 'p4']);
  expect(orderTiles(['p2', 'p5', 'p4'], people, ['p6'], 3)).toEqual(['p2', 'p5', 'p6']);
  expect(orderTiles(['p2', 'p5', 'p6'], people, ['p6', 'p5'], 3)).toEqual(['p2', 'p5', 'p6']);
});

test('sources stay in their slots; there are no more than there are slots', () => {
  const camera = (participant: string) => ({ participant, kind: 'camera' as const });
  const first = assignSlots(new Map(), [camera('a'), camera('b')], ['1', '2']);
  const second = assignSlots(first, [camera('c'), camera('b'), camera('d')], ['1', '2']);
  expect([...second].sort()).toEqual([
    ['1', camera('c')],
    ['2', camera('b')],
  ]);
});
