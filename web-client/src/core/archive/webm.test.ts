import { expect, test } from 'vitest';
import { WebmCutter } from './webm';

/** An element with a size of eight bytes, as muxers write what they cannot know beforehand. */
function element(id: number[], content: number[]): number[] {
  return [...id, 0x01, 0, 0, 0, 0, 0, content.length >> 8, content.length & 0xff, ...content];
}

const EBML = element([0x1a, 0x45, 0xdf, 0xa3], [1, 2, 3]);
const INFO = element([0x15, 0x49, 0xa9, 0x66], [4]);
const TRACKS = element([0x16, 0x54, 0xae, 0x6b], [5, 6]);
const CUES = element([0x1c, 0x53, 0xbb, 0x6b], [7]);
/** Its time has two bytes. */
const cluster = (time: number, length: number) => element([0x1f, 0x43, 0xb6, 0x75], [0xe7, 0x82, time >> 8, time & 0xff, ...Array<number>(length).fill(9)]);
const SEGMENT = [0x18, 0x53, 0x80, 0x67, 0x01, 0, 0, 0, 0, 0, 0xff, 0xff];
const FILE = Uint8Array.from([...EBML, ...SEGMENT, ...INFO, ...TRACKS, ...cluster(0, 300), ...cluster(1_000, 300), ...cluster(2_000, 300), ...CUES]);

test.each([1, 7, 64, 5_000])('a file that comes in pieces of %d bytes is cut at its clusters, each with the head', (size) => {
  const cutter = new WebmCutter(500);
  const pieces = [];
  for (let at = 0; at < FILE.length; at += size) pieces.push(...cutter.take(FILE.slice(at, at + size)));
  pieces.push(...cutter.rest());
  expect(pieces.map(({ at }) => at)).toEqual([0, 2_000]);
  const head = EBML.length + 12 + INFO.length + TRACKS.length;
  expect(pieces.map(({ bytes }) => bytes.length)).toEqual([head + 2 * cluster(0, 300).length, head + cluster(0, 300).length]);
  expect([...(pieces[1]?.bytes.slice(0, EBML.length + 6) ?? [])]).toEqual([...EBML, 0x18, 0x53, 0x80, 0x67, 0x01, 0xff]);
});

test('what is no WebM gives nothing', () => {
  const cutter = new WebmCutter(10);
  expect([...cutter.take(Uint8Array.from([0, 0, 0, 24, 102, 116, 121, 112])), ...cutter.rest()]).toEqual([]);
});
