import { expect, test } from 'vitest';
import type { ArchiveManifest, ArchiveVerification, MinutesDraft, RecordingTimeline, Statement } from '../protocol';
import { checkedFiles, filesByUse, sizeText } from './checked';
import { chaptersOf, currentOf, speakersOf, turnsOf } from './course';
import { periodOf, unitsOf } from './listing';
import { momentsOf } from './log';
import { attendeesOf, blocksOf, correctedCount, heardAt, isEstablished, momentOf as momentOfStatement, stateOf } from './minutes';
import { heightOf, noPeaks, takeSamples } from './peaks';
import { clockText, gapAt, momentOf, placeOf, within } from './playing';

const PARTS = [
  { file: 'programme.webm', codec: 'vp8', from: 0, to: 60_000 },
  { file: 'programme-2.webm', codec: 'vp9', from: 65_000, to: 90_000 },
];

const TIMELINE: RecordingTimeline = {
  version: 1,
  meeting: 'm1',
  title: 'Giao ban',
  host_unit: 'UBND tỉnh',
  began_at: 1_000_000,
  duration: 90_000,
  programme: PARTS,
  tracks: [],
  chapters: [
    { at: 2_000, kind: 'stage', title: 'Chủ tọa' },
    { at: 10_000, kind: 'agenda', title: 'Tình hình mưa lũ' },
    { at: 12_000, kind: 'speaker', title: 'Xã An Bình' },
    { at: 40_000, kind: 'speaker', title: 'Chủ tọa' },
    { at: 50_000, kind: 'agenda', title: 'Phân công' },
    { at: 70_000, kind: 'speaker', title: 'Xã An Bình' },
  ],
  gaps: [{ from: 60_000, to: 65_000, reason: 'recorder_stopped' }],
};

test('several files play as one: a moment is in one of them, or in the next after a gap', () => {
  expect(placeOf(PARTS, 0)).toEqual({ index: 0, offset: 0 });
  expect(placeOf(PARTS, 59_999)).toEqual({ index: 0, offset: 59.999 });
  expect(placeOf(PARTS, 62_000)).toEqual({ index: 1, offset: 0 });
  expect(placeOf(PARTS, 66_500)).toEqual({ index: 1, offset: 1.5 });
  expect(placeOf(PARTS, 90_000)).toBeNull();
  expect(momentOf(PARTS, { index: 1, offset: 1.5 })).toBe(66_500);
  expect(gapAt(TIMELINE.gaps, 64_999)).toMatchObject({ reason: 'recorder_stopped' });
  expect(gapAt(TIMELINE.gaps, 65_000)).toBeNull();
  expect([within(-5, 90), within(95, 90)]).toEqual([0, 90]);
});

test('a clock shows hours only where there are any', () => {
  expect([clockText(0), clockText(61_900), clockText(3_599_000)]).toEqual(['0:00', '1:01', '59:59']);
  expect(clockText(61_000, 3_600_000)).toBe('0:01:01');
  expect(clockText(3_723_000)).toBe('1:02:03');
});

test('chapters are the items of the agenda, with what happened in each', () => {
  const chapters = chaptersOf(TIMELINE);
  expect(chapters.map(({ at, title, marks }) => [at, title, marks.map((mark) => mark.title)])).toEqual([
    [0, null, ['Chủ tọa']],
    [10_000, 'Tình hình mưa lũ', ['Xã An Bình', 'Chủ tọa']],
    [50_000, 'Phân công', ['Xã An Bình']],
  ]);
  expect([currentOf(chapters, 9_999), currentOf(chapters, 10_000), currentOf([], 5)]).toEqual([0, 1, -1]);
});

test('a turn ends where the next begins, and is cut where nothing was recorded', () => {
  const turns = turnsOf(TIMELINE);
  expect(turns).toEqual([
    { from: 12_000, to: 40_000, name: 'Xã An Bình' },
    { from: 40_000, to: 60_000, name: 'Chủ tọa' },
    { from: 65_000, to: 70_000, name: 'Chủ tọa' },
    { from: 70_000, to: 90_000, name: 'Xã An Bình' },
  ]);
  expect(speakersOf(turns).map(({ name, total }) => [name, total])).toEqual([
    ['Xã An Bình', 48_000],
    ['Chủ tọa', 25_000],
  ]);
});

const MANIFEST: ArchiveManifest = {
  format_version: 1,
  meeting: 'm1',
  title: 'Giao ban',
  host_unit: 'UBND tỉnh',
  ended_at: 0,
  closing_hash: 'ab',
  files: ['events.jsonl', 'minutes.pdf', 'programme.webm', 'tracks/1-microphone.webm'].map((path) => ({ path, size: 1_000, sha256: '' })),
};

test('what lies there encrypted is named as the file that it is', () => {
  const [first] = MANIFEST.files;
  if (first === undefined) throw new Error('no files');
  const encrypted: ArchiveManifest = { ...MANIFEST, files: [{ ...first, encrypted: { size: 1_100, sha256: 'cd' } }] };
  const found: ArchiveVerification = {
    verdict: 'broken',
    files: 3,
    locked: 0,
    events: 0,
    additions: 0,
    key: 'k',
    closing_hash: 'ab',
    stamp: null,
    findings: [{ file: 'events.jsonl.age', fault: 'inside_altered' }],
  };
  expect(checkedFiles(encrypted, found)).toEqual([{ path: 'events.jsonl', size: 1_000, findings: found.findings }]);
});

test('every file is named with what does not hold; those come first, with files that nobody signed', () => {
  const found: ArchiveVerification = {
    verdict: 'broken',
    files: 5,
    locked: 0,
    events: 40,
    additions: 0,
    key: 'k',
    closing_hash: 'ab',
    stamp: null,
    findings: [
      { file: 'programme.webm', fault: 'altered' },
      { file: 'la.txt', fault: 'added' },
    ],
  };
  expect(checkedFiles(MANIFEST, found).map(({ path, size, findings }) => [path, size, findings.map(({ fault }) => fault)])).toEqual([
    ['programme.webm', 1_000, ['altered']],
    ['la.txt', null, ['added']],
    ['events.jsonl', 1_000, []],
    ['minutes.pdf', 1_000, []],
    ['tracks/1-microphone.webm', 1_000, []],
  ]);
  expect(filesByUse(MANIFEST.files).map(({ use }) => use)).toEqual(['programme', 'minutes', 'track', 'log']);
});

test('sizes stand in the way of the language', () => {
  expect([sizeText(999, 'vi'), sizeText(1_400_000_000, 'vi'), sizeText(1_400_000_000, 'en'), sizeText(340_200, 'vi')]).toEqual(['999 B', '1,4 GB', '1.4 GB', '340 KB']);
});

test('columns of the waveform become known as the file comes', () => {
  const peaks = noPeaks(4);
  takeSamples(peaks, Float32Array.from([0.1, -0.5, 0, 0]), 2, 1_000, 4_000);
  expect([...peaks]).toEqual([-1, 0.5, 0, -1]);
  takeSamples(peaks, Float32Array.from([9]), 1, 9_000, 4_000);
  expect([...peaks]).toEqual([-1, 0.5, 0, -1]);
  expect([heightOf(1), heightOf(0), heightOf(-1)]).toEqual([1, 0, 0]);
  expect(heightOf(0.5)).toBeGreaterThan(0.8);
});

test('a period bounds the end of the meeting; units are collected from what is seen', () => {
  expect(periodOf('any', 5)).toEqual({ from: null, to: null });
  expect(periodOf('week', 8 * 86_400_000)).toEqual({ from: 86_400_000, to: null });
  const entry = { meeting: 'm', state: 'ready', title: null, began_at: null, ended_at: null, duration: null, size: null, minutes: null, number: null, found: [] } as const;
  const known = unitsOf([{ id: 'b', name: 'Xã Bình' }], [
    { ...entry, found: [], unit: 'a', host_unit: 'Xã An' },
    { ...entry, found: [], unit: null, host_unit: 'Xã Lạ' },
  ]);
  expect(known.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a line of the log leads to its moment; what was before the recording, or cannot be read, leads nowhere', () => {
  const line = (seq: number, at: number) => JSON.stringify({ bytes: JSON.stringify({ seq, at, event: {} }), hash: '' });
  const moments = momentsOf([line(1, 900_000), 'rác', line(2, 1_030_000), '{"bytes":"x"}', ''].join('\n'), 1_000_000);
  expect([...moments]).toEqual([[2, 30_000]]);
});

function statement(key: string, section: Statement['section'], seqs: number[] | null, part: Partial<Statement> = {}): Statement {
  return { key, section, text: key, origin: seqs === null ? { type: 'written', by: { id: 'k', name: 'Khánh' }, at: 0 } : { type: 'log', seqs }, ...part };
}

const DRAFT: MinutesDraft = {
  meeting: 'm1',
  stage: { type: 'editing' },
  revision: 1,
  version: 1,
  number: null,
  replaces: null,
  chapters: 2,
  statements: [
    statement('title', { type: 'title' }, [1]),
    statement('course/0', { type: 'chapter', chapter: 0 }, [2]),
    statement('course/0/0', { type: 'course', chapter: 0 }, [3, 2], { corrections: [{ old: 'a', new: 'b', reason: 'c', by: { id: 'k', name: 'Khánh' }, at: 0 }] }),
    statement('written/1', { type: 'conclusion' }, null),
    statement('attendance/p1/name', { type: 'attendee', participant: 'p1', cell: 'name' }, [2]),
    statement('attendance/p1/headcount', { type: 'attendee', participant: 'p1', cell: 'headcount' }, [4]),
  ],
  next_serial: 12,
  year: 2026,
  signed: null,
  rights: [],
};

test('a draft stands in the order of the form, with room where something may be added', () => {
  expect(blocksOf(DRAFT).map(({ type, chapter, heading, statements, open }) => [type, chapter, heading?.key ?? null, statements.length, open?.type ?? null])).toEqual([
    ['title', null, null, 1, null],
    ['place', null, null, 0, 'place'],
    ['attendance', null, null, 0, 'attendance'],
    ['course', 0, 'course/0', 1, 'course'],
    ['course', 1, null, 0, 'course'],
    ['conclusion', null, null, 1, 'conclusion'],
    ['confirmation', null, null, 0, 'confirmation'],
  ]);
  expect(attendeesOf(DRAFT).map(({ participant, cells }) => [participant, Object.keys(cells)])).toEqual([['p1', ['name', 'headcount']]]);
  expect(correctedCount(DRAFT)).toBe(1);
});

test('a fact of the log leads to its moment, and the moment to the fact', () => {
  const moments = new Map([
    [2, 10_000],
    [3, 20_000],
  ]);
  const [title, heading, entry, written] = DRAFT.statements;
  expect([title, heading, entry, written].map((one) => one && momentOfStatement(one, moments))).toEqual([null, 10_000, 10_000, null]);
  expect([heardAt(DRAFT.statements, moments, 9_999), heardAt(DRAFT.statements, moments, 10_000)]).toEqual([null, 'course/0/0']);
  expect(DRAFT.statements.filter(isEstablished)).toHaveLength(5);
});

test('minutes are edited, approved, issued, signed', () => {
  const by = { id: 'h', name: 'Hạnh' };
  const issued = { number: { serial: 12, year: 2026, agency: 'UBND' }, approved_by: by, by, at: 0 };
  const signed = { sha256: '', sameness: 'untouched' as const, signatures: [] };
  expect(stateOf(DRAFT)).toBe('editing');
  expect(stateOf({ ...DRAFT, stage: { type: 'approved', by, at: 0 } })).toBe('approved');
  expect(stateOf({ ...DRAFT, stage: { type: 'issued', ...issued } })).toBe('issued');
  expect(stateOf({ ...DRAFT, stage: { type: 'issued', ...issued }, signed })).toBe('signed');
});
