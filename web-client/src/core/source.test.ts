import { expect, test } from 'vitest';
import { csrcOfFrame, decodeCsrc, sourceOfCsrc } from './source';
import { person } from './testing';

test('a CSRC names number and kind, also for the largest numbers', () => {
  expect(decodeCsrc(4)).toEqual({ number: 1, kind: 'microphone' });
  expect(decodeCsrc(4 * 3_321 + 1)).toEqual({ number: 3_321, kind: 'camera' });
  expect(decodeCsrc(0xffff_fffe)).toEqual({ number: 0x3fff_ffff, kind: 'screen' });
});

test('a CSRC of somebody unknown is nobody', () => {
  expect(sourceOfCsrc(4 * 2 + 1, [person(1), person(2)])).toEqual({ participant: 'p2', kind: 'camera' });
  expect(sourceOfCsrc(4 * 9 + 1, [person(1)])).toBeNull();
});

test('while the packets of the next picture wait, the frame is still the one before', () => {
  const entries = [
    { source: 9, rtpTimestamp: 93_000 },
    { source: 5, rtpTimestamp: 90_000 },
  ];
  expect(csrcOfFrame(entries, 87_000)).toBe(5);
  expect(csrcOfFrame(entries, 90_000)).toBe(5);
  expect(csrcOfFrame(entries, 90_001)).toBe(9);
  expect(csrcOfFrame(entries, 93_000)).toBe(9);
});

test('where the list is a frame behind, the picture is that of whom it names last', () => {
  const entries = [
    { source: 5, rtpTimestamp: 1_114_089 },
    { source: 9, rtpTimestamp: 1_063_026 },
  ];
  expect(csrcOfFrame(entries, 1_121_559)).toBe(5);
});

test('timestamps wrap', () => {
  const entries = [
    { source: 9, rtpTimestamp: 2_000 },
    { source: 5, rtpTimestamp: 0xffff_ff00 },
  ];
  expect(csrcOfFrame(entries, 0xffff_fe00)).toBe(5);
  expect(csrcOfFrame(entries, 0xffff_ff80)).toBe(9);
  expect(csrcOfFrame(entries, 1_000)).toBe(9);
});

test('without entries nothing is known', () => {
  expect(csrcOfFrame([], 1)).toBeNull();
});
