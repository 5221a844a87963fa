/**
 * Which codecs are offered. Fewer of them make the offer a quarter as long;
 * with thirty m-lines that counts.
 */
import type { VideoCodec } from './protocol';

/** The part of `RTCRtpCodec` that decides. */
export interface Codec {
  readonly mimeType: string;
  readonly sdpFmtpLine?: string;
}

/** What repairs pictures comes along with every codec. */
const REPAIR = 'video/rtx';

/** The codecs of a picture out of those that the browser has, the preferred one first. */
export function videoCodecs<T extends Codec>(known: readonly T[], wanted: readonly VideoCodec[]): T[] {
  const chosen = wanted.flatMap((codec) => known.filter((one) => isCodec(one, codec)));
  return chosen.length === 0 ? [] : [...chosen, ...known.filter((one) => typeOf(one) === REPAIR)];
}

/** The codecs of a sound: with redundancy where both ends have it (RFC 2198). */
export function audioCodecs<T extends Codec>(known: readonly T[]): T[] {
  return ['audio/red', 'audio/opus'].flatMap((type) => known.filter((one) => typeOf(one) === type));
}

/** Whether one encoding of this codec holds all sizes (scalable coding). */
export function isScalable(codec: VideoCodec | undefined): boolean {
  return codec === 'vp9' || codec === 'av1';
}

function isCodec(one: Codec, codec: VideoCodec): boolean {
  if (typeOf(one) !== `video/${codec}`) return false;
  switch (codec) {
    case 'vp8':
    case 'av1':
      return true;
    case 'h264':
      // Mode 0 limits a picture's parts to the size of a packet.
      return parameterOf(one, 'packetization-mode') === '1';
    case 'vp9':
      // The other profiles are for more than 8 bits.
      return (parameterOf(one, 'profile-id') ?? '0') === '0';
  }
}

function typeOf({ mimeType }: Codec): string {
  return mimeType.toLowerCase();
}

function parameterOf({ sdpFmtpLine = '' }: Codec, name: string): string | undefined {
  const found = sdpFmtpLine.split(';').find((part) => part.trim().startsWith(`${name}=`));
  return found?.split('=')[1]?.trim();
}
