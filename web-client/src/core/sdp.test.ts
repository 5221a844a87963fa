import { expect, test } from 'vitest';
import { tuneSound } from './sdp';

const lines = (...text: string[]): string => `${text.join('\r\n')}\r\n`;
const SESSION = lines('v=0', 'o=- 1 2 IN IP4 0.0.0.0', 's=-', 't=0 0');

test('the sounds that we send are encoded with repair and silence, the others stay as they are', () => {
  const toServer = lines('m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=recvonly', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=0');
  const fromServer = lines('m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:5', 'a=sendonly', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10');
  const picture = lines('m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:1', 'a=recvonly', 'a=rtpmap:96 VP8/90000');
  expect(tuneSound(SESSION + toServer + fromServer + picture)).toBe(
    SESSION + toServer.replace('useinbandfec=0', 'useinbandfec=1;usedtx=1') + fromServer + picture,
  );
});

test('where the format line is missing it is written', () => {
  const sound = lines('m=audio 9 UDP/TLS/RTP/SAVPF 63 111', 'a=recvonly', 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111', 'a=rtpmap:111 opus/48000/2');
  expect(tuneSound(SESSION + sound)).toBe(`${SESSION}${sound}a=fmtp:111 useinbandfec=1;usedtx=1\r\n`);
});

test('without Opus nothing is touched', () => {
  const sound = lines('m=audio 9 UDP/TLS/RTP/SAVPF 0', 'a=recvonly', 'a=rtpmap:0 PCMU/8000');
  expect(tuneSound(sound)).toBe(sound);
});
