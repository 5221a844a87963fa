/**
 * The devices of a person, made in the page: a camera that draws the person's
 * own colour with a moving bar and a counter, a microphone that gives the
 * person's own tone, and a screen with another colour. `installDevices` runs in
 * the page and therefore uses nothing from outside itself.
 */
import type { Look } from './looks';

export interface DevicesOptions extends Look {
  /** Pictures a second. */
  readonly rate: number;
  /** `clapper`: black and silent but for `clap()`. */
  readonly kind: 'steady' | 'clapper' | 'denied' | 'missing';
}

interface FakeDevices {
  /** The track that the microphone gave last. */
  readonly microphone: MediaStreamTrack | null;
  /** A white picture and a beep at the same instant, for a sixth of a second; done when both are over. */
  clap(): Promise<void>;
}

declare global {
  interface Window {
    devices: FakeDevices;
  }
}

export function installDevices({ camera, screen, tone, screenTone, rate, kind }: DevicesOptions): void {
  if (!('mediaDevices' in navigator)) return;
  const CLAP = 0.16;
  // The sound is on its way through Web Audio for so long before the browser stamps it, in seconds; the picture waits for it.
  const ON_ITS_WAY = 0.04;
  const LOUD = 0.4;
  let sound: AudioContext | null = null;
  let gain: GainNode | null = null;
  let microphone: MediaStreamTrack | null = null;
  let redraw: (() => void) | null = null;
  let isWhite = false;

  const colour = ([red, green, blue]: readonly number[]): string => `rgb(${red} ${green} ${blue})`;

  const picture = (width: number, height: number, background: string): MediaStreamTrack => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext('2d', { alpha: false });
    if (pen === null) throw new Error('no canvas');
    let frame = 0;
    const paint = (): void => {
      frame += 1;
      pen.fillStyle = isWhite ? '#fff' : background;
      pen.fillRect(0, 0, width, height);
      if (isWhite) return;
      pen.fillStyle = '#fff';
      pen.font = `bold ${height / 4}px sans-serif`;
      pen.textAlign = 'center';
      pen.fillText(String(frame), width / 2, height * 0.65);
      pen.fillRect(((frame * 7) % 100) * 0.01 * width, height * 0.75, width / 8, height / 4);
    };
    paint();
    const stream = canvas.captureStream(0);
    const [track] = stream.getVideoTracks();
    if (track === undefined) throw new Error('no track');
    // Firefox has it at the stream.
    const capturer = [track, stream].find((one): one is CanvasCaptureMediaStreamTrack => 'requestFrame' in one);
    if (capturer === undefined) throw new Error('no pictures are captured');
    // A picture is captured at the very moment when it is drawn.
    const draw = (): void => {
      paint();
      capturer.requestFrame();
    };
    redraw = draw;
    const timer = setInterval(() => {
      if (track.readyState === 'ended') clearInterval(timer);
      else draw();
    }, 1_000 / rate);
    return track;
  };

  const noise = (frequency: number): MediaStreamTrack => {
    sound ??= new AudioContext();
    const oscillator = sound.createOscillator();
    oscillator.frequency.value = frequency;
    gain = sound.createGain();
    gain.gain.value = kind === 'clapper' ? 0 : LOUD;
    const out = sound.createMediaStreamDestination();
    oscillator.connect(gain).connect(out);
    oscillator.start();
    const [track] = out.stream.getAudioTracks();
    if (track === undefined) throw new Error('no track');
    return track;
  };

  const numberOf = (constraint: ConstrainULong | undefined, otherwise: number): number =>
    typeof constraint === 'number' ? constraint : (constraint?.ideal ?? otherwise);

  navigator.mediaDevices.getUserMedia = (wanted) => {
    if (kind === 'denied') return Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
    if (kind === 'missing') return Promise.reject(new DOMException('Requested device not found', 'NotFoundError'));
    const stream = new MediaStream();
    if (typeof wanted?.video === 'object') {
      const { width, height } = wanted.video;
      const background = kind === 'clapper' ? '#000' : colour(camera);
      stream.addTrack(picture(numberOf(width, 320), numberOf(height, 180), background));
    }
    if (wanted?.audio !== undefined && wanted.audio !== false) {
      microphone = noise(tone);
      stream.addTrack(microphone);
    }
    return Promise.resolve(stream);
  };

  navigator.mediaDevices.getDisplayMedia = () =>
    Promise.resolve(new MediaStream([picture(640, 360, colour(screen)), noise(screenTone)]));

  window.devices = {
    get microphone() {
      return microphone;
    },
    clap: () => new Promise((resolve) => {
      if (sound === null || gain === null || redraw === null) throw new Error('the devices are not open');
      const clock = sound;
      const draw = redraw;
      const from = clock.currentTime + 0.3;
      gain.gain.setValueAtTime(LOUD, from);
      gain.gain.setValueAtTime(0, from + CLAP);
      const timer = setInterval(() => {
        const time = clock.currentTime - ON_ITS_WAY;
        const white = time >= from && time < from + CLAP;
        if (white !== isWhite) {
          isWhite = white;
          draw();
        }
        if (time < from + CLAP) return;
        clearInterval(timer);
        resolve();
      }, 2);
    }),
  };
}
