/** What we publish: how it is encoded, and how the meeting is told. */
import { may, type Meeting, self } from './meeting';
import type { Command, SourceLayer } from './protocol';

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

const LAYERS = [
  { rid: 'q', scale: 4, bitrate: 150_000 },
  { rid: 'h', scale: 2, bitrate: 500_000 },
  { rid: 'f', scale: 1, bitrate: 1_700_000 },
] as const;

/** The size in `?capture=320x180`, for machines that cannot encode more. */
export function captureOf(search: string): CaptureSize {
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(new URLSearchParams(search).get('capture') ?? '');
  if (match === null) return DEFAULT_CAPTURE;
  return { width: Number(match[1]), height: Number(match[2]) };
}

/** The encodings of a camera; one without a name when it is small. */
export function cameraEncodings(capture: CaptureSize): RTCRtpEncodingParameters[] {
  if (capture.height < SIMULCAST_FROM) return [{ maxBitrate: 500_000 }];
  return LAYERS.map(({ rid, scale, bitrate }) => ({ rid, scaleResolutionDownBy: scale, maxBitrate: bitrate }));
}

/** The layers of a camera of which the picture is `height` pixels high; empty without simulcast. */
export function cameraLayers(capture: CaptureSize, height: number): SourceLayer[] {
  if (capture.height < SIMULCAST_FROM) return [];
  return LAYERS.map(({ rid, scale }) => ({ rid, height: Math.round(height / scale) }));
}

/** What to tell the meeting so that it knows what we want to send; after every `welcome`. */
export function reconcile(meeting: Meeting, wanted: Wanted, sharing: boolean): Command[] {
  const own = self(meeting);
  if (own === undefined) return [];
  const commands: Command[] = [];
  const microphone = wanted.microphone && !own.muted;
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
