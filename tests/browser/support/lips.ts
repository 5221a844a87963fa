/**
 * Measures in a receiver's page when a flash is shown and when a beep is
 * heard, both on the clock of `performance.now()`.
 *
 * Picture: `requestVideoFrameCallback` of the stage's own `<video>`; a flash
 * is at the `expectedDisplayTime` of the first white frame.
 *
 * Sound: the stage's received track, taken from the same `MediaStream`, goes
 * through an `AudioWorklet`, which finds the first loud sample. Its time on the
 * audio clock becomes the time at which it leaves the loudspeaker by
 * `getOutputTimestamp()`. The way through Web Audio is some ten milliseconds
 * longer than through the page's own `<audio>` element, so that sound seems
 * later than it is, never earlier.
 *
 * Beside it stands what the browser itself reckons from the sender reports that
 * the server passes on: the difference of `estimatedPlayoutTimestamp`.
 */

/** The worklet. The page's own content policy does not allow it: see `bypassCSP`. */
const EAR = `
registerProcessor('ear', class extends AudioWorkletProcessor {
  quiet = sampleRate;
  process([[channel]]) {
    for (let i = 0; i < 128; i += 1) {
      if (channel === undefined || Math.abs(channel[i]) < 0.05) {
        this.quiet += 1;
        continue;
      }
      if (this.quiet > sampleRate / 10) this.port.postMessage((currentFrame + i) / sampleRate);
      this.quiet = 0;
    }
    return true;
  }
});`;

export const EAR_URL = `data:text/javascript,${encodeURIComponent(EAR)}`;

interface Lips {
  /** When flashes were shown, in milliseconds. */
  readonly flashes: number[];
  /** When beeps were heard, in milliseconds. */
  readonly beeps: number[];
  /** At each beep, how much older the sound was than the picture, as the browser reckons by the sender reports. */
  readonly reckoned: number[];
}

declare global {
  interface Window {
    lips: Lips;
  }
}

/** Runs in the page and therefore uses nothing from outside itself. */
export async function watchLips([earUrl, white]: readonly [string, number]): Promise<void> {
  const lips: Lips = { flashes: [], beeps: [], reckoned: [] };
  window.lips = lips;
  const video = document.querySelector<HTMLVideoElement>('[data-testid=stage] video');
  const stream = video?.srcObject;
  if (video === null || !(stream instanceof MediaStream)) throw new Error('nothing is on the stage');

  let wasWhite = false;
  const onFrame: VideoFrameRequestCallback = (_now, { expectedDisplayTime }) => {
    const isWhite = window.senses.shadeOf(video) === white;
    if (isWhite && !wasWhite) lips.flashes.push(expectedDisplayTime);
    wasWhite = isWhite;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);

  const reckon = async (): Promise<void> => {
    const playing: Partial<Record<string, number>> = {};
    const tracks = new Set(stream.getTracks().map((track) => track.id));
    (await window.diemcau?.pc?.getStats())?.forEach((entry: Record<string, unknown>) => {
      if (entry['type'] !== 'inbound-rtp' || !tracks.has(String(entry['trackIdentifier']))) return;
      const at = entry['estimatedPlayoutTimestamp'];
      if (typeof at === 'number') playing[String(entry['kind'])] = at;
    });
    if (playing['video'] !== undefined && playing['audio'] !== undefined) lips.reckoned.push(playing['video'] - playing['audio']);
  };

  const context = new AudioContext({ latencyHint: 0, sampleRate: 48_000 });
  await context.audioWorklet.addModule(earUrl);
  const ear = new AudioWorkletNode(context, 'ear', { numberOfInputs: 1, numberOfOutputs: 1 });
  ear.port.onmessage = ({ data }: MessageEvent<number>) => {
    const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
    lips.beeps.push(performanceTime + (data - contextTime) * 1_000);
    void reckon();
  };
  context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(ear).connect(context.destination);
}

/** By how much the sound comes after the picture at each flash, in milliseconds; negative when it comes before. */
export function delays({ flashes, beeps }: Pick<Lips, 'flashes' | 'beeps'>): number[] {
  return flashes.flatMap((flash) => {
    const nearest = beeps.toSorted((a, b) => Math.abs(a - flash) - Math.abs(b - flash))[0];
    return nearest === undefined || Math.abs(nearest - flash) > 500 ? [] : [nearest - flash];
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
