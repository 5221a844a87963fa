import { expect, test } from 'vitest';
import { cameraEncodings, cameraLayers, cameraPlan, captureOf, DEFAULT_CAPTURE, reconcile } from './publish';
import { meetingOf, person, snapshotOf } from './testing';

test('a camera is sent in three layers, a small one in one', () => {
  expect(cameraLayers(DEFAULT_CAPTURE, 'vp8', DEFAULT_CAPTURE)).toEqual([
    { rid: 'q', height: 180 },
    { rid: 'h', height: 360 },
    { rid: 'f', height: 720 },
  ]);
  const small = captureOf('?capture=320x180');
  expect(small).toEqual({ width: 320, height: 180 });
  expect(cameraLayers(small, 'vp8', small)).toEqual([]);
  expect(cameraEncodings(small, 'vp8')).toHaveLength(1);
  expect(cameraEncodings(small, 'vp8')[0]).not.toHaveProperty('rid');
});

test('a codec that holds all sizes in one encoding is sent in one', () => {
  expect(cameraEncodings(DEFAULT_CAPTURE, 'vp9')).toEqual([{ maxBitrate: 2_500_000, scalabilityMode: 'L3T3_KEY' }]);
  expect(cameraLayers(DEFAULT_CAPTURE, 'av1', DEFAULT_CAPTURE)).toEqual([]);
});

test('an old camera is not made smaller than it is', () => {
  const sent = (width: number, height: number): (number | null)[] => cameraPlan({ width, height }).map(({ scale }) => scale);
  expect(sent(1_280, 720)).toEqual([4, 2, 1]);
  expect(sent(640, 480)).toEqual([2, 1, null]);
  expect(sent(320, 240)).toEqual([1, null, null]);
  expect(sent(720, 1_280)).toEqual([4, 2, 1]);
  expect(cameraLayers(DEFAULT_CAPTURE, 'vp8', { width: 640, height: 480 }).slice(0, 2)).toEqual([
    { rid: 'q', height: 240 },
    { rid: 'h', height: 480 },
  ]);
});

test.each(['', '?capture=', '?capture=abc', '?capture=99999x1'])('a capture size that is none: %s', (search) => {
  expect(captureOf(search)).toEqual(DEFAULT_CAPTURE);
});

test('only what differs is told, and only what the role allows', () => {
  const wanted = { microphone: true, camera: true };
  const snapshot = snapshotOf([person(1, { microphone: false, camera: true, screen: true })]);
  const all = meetingOf(snapshot, 'p1', ['publish_microphone', 'publish_camera', 'publish_screen']);
  expect(reconcile(all, wanted, false)).toEqual([
    { type: 'set_microphone', on: true },
    { type: 'set_screen', on: false },
  ]);
  expect(reconcile(meetingOf(snapshot, 'p1'), wanted, false)).toEqual([]);
});

test('a microphone that the chair closed is not opened', () => {
  const meeting = meetingOf(snapshotOf([person(1, { muted: true, camera: false })]), 'p1', ['publish_microphone']);
  expect(reconcile(meeting, { microphone: true, camera: false }, false)).toEqual([]);
});
