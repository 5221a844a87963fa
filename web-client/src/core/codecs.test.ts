import { expect, test } from 'vitest';
import { audioCodecs, type Codec, videoCodecs } from './codecs';

const h264 = (mode: number, profile: string): Codec => ({
  mimeType: 'video/H264',
  sdpFmtpLine: `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`,
});
const CHROMIUM: Codec[] = [
  { mimeType: 'video/VP8' },
  { mimeType: 'video/rtx' },
  { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' },
  { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' },
  h264(1, '42001f'),
  h264(0, '42001f'),
  h264(1, '42e01f'),
  { mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=0;tier=0' },
  { mimeType: 'video/red' },
  { mimeType: 'video/ulpfec' },
];

const types = (codecs: readonly Codec[]): string[] => codecs.map(({ mimeType }) => mimeType);

test('the codecs of the meeting in its order, and what repairs them', () => {
  expect(types(videoCodecs(CHROMIUM, ['vp8', 'h264']))).toEqual(['video/VP8', 'video/H264', 'video/H264', 'video/rtx']);
  expect(videoCodecs(CHROMIUM, ['vp9', 'vp8'])[0]?.sdpFmtpLine).toBe('profile-id=0');
});

test('a browser that has none of them keeps its own', () => {
  expect(videoCodecs([{ mimeType: 'video/H265' }, { mimeType: 'video/rtx' }], ['vp8'])).toEqual([]);
});

test('sound is sent with redundancy where the server takes it', () => {
  const known = ['audio/opus', 'audio/red', 'audio/G722', 'audio/CN'].map((mimeType) => ({ mimeType }));
  expect(types(audioCodecs(known))).toEqual(['audio/red', 'audio/opus']);
  expect(types(audioCodecs([{ mimeType: 'audio/opus' }]))).toEqual(['audio/opus']);
});
