/**
 * Eyes and ears in the page: which colour a picture on the page really has,
 * whether it moves, and which tones come out of the received sounds.
 * `installSenses` runs in the page and therefore uses nothing from outside
 * itself.
 */
import type {} from '../../../web-client/src/io/diagnostics';
import type { Rgb } from './looks';

/** What comes from somebody now, into the slots that carry them. */
export interface Received {
  /** The name that stands with the picture. */
  readonly name: string;
  /** The size of the picture, and how many were decoded in its slot. */
  readonly size: string;
  readonly frames: number;
  /** The bytes and the energy of the sound in its slot. */
  readonly soundBytes: number;
  readonly soundEnergy: number;
}

export interface Senses {
  /** The colour of what a picture shows, as its place in the palette; -1 for none of them. */
  shadeOf(picture: HTMLVideoElement | VideoFrame): number;
  /** The picture of a participant that can be seen on the page, by the name that stands with it. */
  pictureOf(participant: string, kind: 'camera' | 'screen'): HTMLVideoElement | null;
  /** How often a participant's picture was seen in this colour with something moved; `key` counts apart. */
  moves(key: string, participant: string, kind: 'camera' | 'screen', shade: number): number;
  /** What comes from a participant's camera and microphone. */
  received(participant: string): Promise<Received>;
  /** How loud a tone is in the received sounds now, in decibels. */
  level(frequency: number): number;
  /** Whether a tone is heard, and above everything else in its slot. */
  hears(frequency: number): boolean;
  /** Starts to listen for the loudest moment of a tone. */
  listen(frequency: number): void;
  /** The loudest moment since `listen`, in decibels. */
  loudest(): number;
  /** What is seen and heard now, for people who read a failed test. */
  report(): string;
}

declare global {
  interface Window {
    senses: Senses;
  }
}

export function installSenses(palette: readonly Rgb[]): void {
  const WIDTH = 32;
  const HEIGHT = 18;
  const HEARD = -45;
  const pen = new OffscreenCanvas(WIDTH, HEIGHT).getContext('2d', { alpha: false, willReadFrequently: true });
  if (pen === null) throw new Error('no canvas');

  const pixels = (picture: HTMLVideoElement | VideoFrame): Uint8ClampedArray => {
    pen.fillStyle = '#000';
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    pen.drawImage(picture, 0, 0, WIDTH, HEIGHT);
    return pen.getImageData(0, 0, WIDTH, HEIGHT).data;
  };

  /** The mean of the upper quarter, where nothing moves. */
  const shadeIn = (data: Uint8ClampedArray): number => {
    const sum = [0, 0, 0];
    let count = 0;
    for (let y = 1; y < HEIGHT / 4; y += 1) {
      for (let x = 2; x < WIDTH - 2; x += 1, count += 1) {
        for (let channel = 0; channel < 3; channel += 1) {
          sum[channel] = (sum[channel] ?? 0) + (data[4 * (y * WIDTH + x) + channel] ?? 0);
        }
      }
    }
    const away = (colour: Rgb): number => Math.hypot(...colour.map((value, channel) => value - (sum[channel] ?? 0) / count));
    const distances = palette.map(away);
    const least = Math.min(...distances);
    return least < 90 ? distances.indexOf(least) : -1;
  };

  /** Where the bar in the lower quarter is. */
  const barIn = (data: Uint8ClampedArray): string => {
    let bar = '';
    for (let x = 0; x < WIDTH; x += 1) {
      const at = 4 * ((HEIGHT - 2) * WIDTH + x);
      bar += (data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0) > 600 ? '#' : '.';
    }
    return bar;
  };

  const seen = new Map<string, { bar: string; count: number }>();

  let context: AudioContext | null = null;
  const analysers = new WeakMap<MediaStreamTrack, AnalyserNode>();
  const spectra = (): { spectrum: Float32Array<ArrayBuffer>; width: number }[] => {
    context ??= new AudioContext();
    const ear = context;
    return (window.diemcau?.pc?.getReceivers() ?? [])
      .filter((receiver) => receiver.track.kind === 'audio')
      .map(({ track }) => {
        let analyser = analysers.get(track);
        if (analyser === undefined) {
          analyser = ear.createAnalyser();
          analyser.fftSize = 4_096;
          analyser.smoothingTimeConstant = 0;
          ear.createMediaStreamSource(new MediaStream([track])).connect(analyser);
          analysers.set(track, analyser);
        }
        const spectrum = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(spectrum);
        return { spectrum, width: ear.sampleRate / analyser.fftSize };
      });
  };
  const levelIn = (spectrum: Float32Array, width: number, frequency: number): number => {
    const bin = Math.round(frequency / width);
    return Math.max(...spectrum.slice(bin - 2, bin + 3));
  };
  /** A click, as a switch makes it, has all frequencies; a tone stands out from those beside it. */
  const standsOut = (spectrum: Float32Array, width: number, frequency: number): boolean => {
    const bin = Math.round(frequency / width);
    const beside = [...spectrum.slice(bin - 12, bin - 5), ...spectrum.slice(bin + 6, bin + 13)].sort((a, b) => a - b);
    return levelIn(spectrum, width, frequency) > (beside[beside.length >> 1] ?? 0) + 12;
  };
  const level = (frequency: number): number =>
    Math.max(
      -200,
      ...spectra()
        .filter(({ spectrum, width }) => standsOut(spectrum, width, frequency))
        .map(({ spectrum, width }) => levelIn(spectrum, width, frequency)),
    );

  let loudest = -200;
  let listening: ReturnType<typeof setInterval> | undefined;

  /** Where a participant's picture stands on the page. */
  const placeOf = (participant: string, kind: 'camera' | 'screen'): HTMLElement | undefined =>
    [...document.querySelectorAll<HTMLElement>('[data-testid=stage], [data-testid=tile]')].find(
      ({ dataset }) => dataset['participant'] === participant && (dataset['kind'] ?? 'camera') === kind,
    );

  window.senses = {
    shadeOf: (picture) => shadeIn(pixels(picture)),
    pictureOf: (participant, kind) => {
      const video = placeOf(participant, kind)?.querySelector('video') ?? null;
      return video?.dataset['shown'] === 'true' && video.checkVisibility({ opacityProperty: true, visibilityProperty: true })
        ? video
        : null;
    },
    moves: (key, participant, kind, shade) => {
      const before = seen.get(key) ?? { bar: '', count: 0 };
      const video = window.senses.pictureOf(participant, kind);
      if (video === null) return before.count;
      const data = pixels(video);
      const bar = barIn(data);
      if (shadeIn(data) === shade && bar !== before.bar) seen.set(key, { bar, count: before.count + 1 });
      return seen.get(key)?.count ?? 0;
    },
    received: async (participant) => {
      const place = placeOf(participant, 'camera');
      const video = place?.querySelector('video');
      const number = window.diemcau?.participants().find(({ id }) => id === participant)?.number ?? -1;
      const sounds = (window.diemcau?.slots() ?? []).filter(({ csrcs }) => csrcs.includes(4 * number)).map(({ mid }) => mid);
      const stats = (await window.diemcau?.stats()) ?? [];
      const sound = stats.filter(({ mid }) => sounds.includes(mid));
      return {
        name: place?.querySelector('[data-testid=stage-label] strong, [data-testid=tile-name]')?.textContent ?? '',
        size: `${video?.videoWidth}x${video?.videoHeight}`,
        frames: stats.find(({ mid }) => mid === video?.dataset['mid'])?.framesDecoded ?? 0,
        soundBytes: Math.max(0, ...sound.map(({ bytesReceived }) => bytesReceived)),
        soundEnergy: Math.max(0, ...sound.map(({ totalAudioEnergy }) => totalAudioEnergy)),
      };
    },
    level,
    hears: (frequency) =>
      spectra().some(({ spectrum, width }) => {
        const own = levelIn(spectrum, width, frequency);
        return own > HEARD && own >= Math.max(...spectrum);
      }),
    listen: (frequency) => {
      clearInterval(listening);
      loudest = -200;
      // Each look covers 85 ms: nothing is missed.
      listening = setInterval(() => {
        loudest = Math.max(loudest, level(frequency));
      }, 40);
    },
    loudest: () => loudest,
    report: () => {
      const pictures = [...document.querySelectorAll<HTMLElement>('[data-testid=stage], [data-testid=tile]')].map((place) => {
        const video = place.querySelector('video');
        const { testid, participant, kind, wished } = place.dataset;
        return `${testid} wished=${wished} shows=${participant} ${kind ?? ''} shade=${video === null ? 'none' : shadeIn(pixels(video))} shown=${video?.dataset['shown']}`;
      });
      const sounds = spectra().map(({ spectrum, width }) => {
        const loud = Math.max(...spectrum);
        return `${Math.round(spectrum.indexOf(loud) * width)} Hz at ${Math.round(loud)} dB`;
      });
      const { connection, media, negotiations } = window.diemcau ?? {};
      return [`${connection}, media ${media}, ${negotiations} negotiations`, ...pictures, ...sounds].join('\n');
    },
  };
}
