/** What we publish: how it is encoded, and how the meeting is told. */
import { isScalable } from './codecs';
import { may, type Meeting, self } from './meeting';
import { maySound } from './procedure/microphones';
import type { Command, SourceLayer, VideoCodec } from './protocol';

export interface CaptureSize {
  readonly width: number;
  readonly height: number;
}

/** What the user wants to send; survives a reload. */
export interface Wanted {
  readonly microphone: boolean;
  readonly camera: boolean;
}

export const DEFAULT_CAPTURE: CaptureSize = { width: 1_280, height: 720 };

/** Below this height one encoding does for everyone. */
const SIMULCAST_FROM = 360;

const RIDS = ['q', 'h', 'f'] as const;

/** With WebRTC-SVC's `scalabilityMode`, which TypeScript does not know yet. */
interface ScalableEncoding extends RTCRtpEncodingParameters {
  scalabilityMode?: string;
}

/** One encoding of the camera, for a picture of a certain size. */
export interface CameraLayer {
  readonly rid: string;
  /** By how much it is smaller than the camera's picture; null for a layer that is not sent. */
  readonly scale: number | null;
  /** At most, in bit/s. */
  readonly bitrate: number;
}

/**
 * How a camera of this picture size is encoded. Chromium sends fewer layers
 * the smaller the picture is, and always the first ones: three from 960×540,
 * two from 480×270. So the first ones must be those that are worth having.
 */
export function cameraPlan(picture: CaptureSize): CameraLayer[] {
  const short = Math.min(picture.width, picture.height);
  const full = bitrateOf(short);
  const scales = short >= 540 ? [4, 2, 1] : short >= 270 ? [2, 1, null] : [1, null, null];
  return RIDS.map((rid, index) => {
    const scale = scales[index] ?? null;
    return { rid, scale, bitrate: scale === null ? full : bitrateOf(short / scale) };
  });
}

function bitrateOf(height: number): number {
  if (height >= 540) return 1_700_000;
  if (height >= 270) return 500_000;
  return 150_000;
}

/** The size in `?capture=320x180`, for machines that cannot encode more. */
export function captureOf(search: string): CaptureSize {
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(new URLSearchParams(search).get('capture') ?? '');
  if (match === null) return DEFAULT_CAPTURE;
  return { width: Number(match[1]), height: Number(match[2]) };
}

/** Whether a camera is sent in several encodings; a small one is not, nor one whose codec holds all sizes in one. */
function isSimulcast(capture: CaptureSize, codec: VideoCodec | undefined): boolean {
  return capture.height >= SIMULCAST_FROM && !isScalable(codec);
}

/** The encodings of a camera before it is open; one without a name where that does for everyone. */
export function cameraEncodings(capture: CaptureSize, codec: VideoCodec | undefined): ScalableEncoding[] {
  if (capture.height < SIMULCAST_FROM) return [{ maxBitrate: 500_000 }];
  if (isScalable(codec)) return [{ maxBitrate: 2_500_000, scalabilityMode: 'L3T3_KEY' }];
  return cameraPlan(capture).map((layer) => ({ rid: layer.rid, ...encodingOf(layer) }));
}

/** What one layer's encoder is to do. */
export function encodingOf({ scale, bitrate }: CameraLayer): RTCRtpEncodingParameters {
  return { active: scale !== null, scaleResolutionDownBy: scale ?? 1, maxBitrate: bitrate };
}

/** The layers of a camera with a picture of this size; empty without simulcast. */
export function cameraLayers(capture: CaptureSize, codec: VideoCodec | undefined, picture: CaptureSize): SourceLayer[] {
  if (!isSimulcast(capture, codec)) return [];
  return cameraPlan(picture).map(({ rid, scale }) => ({ rid, height: Math.round(picture.height / (scale ?? 1)) }));
}

/** What to tell the meeting so that it knows what we want to send; after every `welcome`. */
export function reconcile(meeting: Meeting, wanted: Wanted, sharing: boolean): Command[] {
  const own = self(meeting);
  if (own === undefined) return [];
  const commands: Command[] = [];
  const microphone = wanted.microphone && maySound(meeting.snapshot.procedure, own);
  if (own.microphone !== microphone && may(meeting, 'publish_microphone')) {
    commands.push({ type: 'set_microphone', on: microphone });
  }
  if (own.camera !== wanted.camera && may(meeting, 'publish_camera')) {
    commands.push({ type: 'set_camera', on: wanted.camera });
  }
  if (own.screen !== sharing && may(meeting, 'publish_screen')) {
    commands.push({ type: 'set_screen', on: sharing });
  }
  return commands;
}
