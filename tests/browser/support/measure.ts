/** What a receiver really got, by the browser's own counters. */
import type { Person } from './people';

interface Totals {
  // The sound of whoever speaks, and the main picture.
  /** Samples played, and those of them that were made up; silence does not count. */
  readonly samples: number;
  readonly madeUp: number;
  readonly frames: number;
  readonly freezes: number;
  readonly frozenSeconds: number;
  readonly height: number;
  readonly seconds: number;
}

export interface Measured {
  readonly seconds: number;
  /** The share of the sound that was made up, in percent. */
  readonly concealed: number;
  readonly frames: number;
  /** Pictures a second. */
  readonly rate: number;
  readonly freezes: number;
  readonly frozenSeconds: number;
  readonly height: number;
}

const SAMPLE_RATE = 48_000;

/** Measures until so many seconds of sound were played. */
export async function measure(person: Person, seconds: number): Promise<Measured> {
  const before = await person.page.evaluate(totals);
  await person.page.evaluate(async (goal) => {
    const played = async (): Promise<number> => {
      let samples = 0;
      (await window.diemcau?.pc?.getStats())?.forEach((entry: Record<string, unknown>) => {
        if (entry['type'] === 'inbound-rtp' && Number(entry['totalAudioEnergy'] ?? 0) > 0) {
          samples = Math.max(samples, Number(entry['totalSamplesReceived']));
        }
      });
      return samples;
    };
    while ((await played()) < goal) await new Promise(requestAnimationFrame);
  }, before.samples + seconds * SAMPLE_RATE);
  const after = await person.page.evaluate(totals);
  const passed = after.seconds - before.seconds;
  return {
    seconds: passed,
    concealed: (100 * (after.madeUp - before.madeUp)) / Math.max(1, after.samples - before.samples),
    frames: after.frames - before.frames,
    rate: (after.frames - before.frames) / passed,
    freezes: after.freezes - before.freezes,
    frozenSeconds: after.frozenSeconds - before.frozenSeconds,
    height: after.height,
  };
}

/** The height of the main picture. */
export async function heightOf(person: Person): Promise<number> {
  return (await person.page.evaluate(totals)).height;
}

/** Waits until a picture of this height moves; says how long it took, in seconds. */
export function seesAgain(person: Person, height: number): Promise<number> {
  return person.page.evaluate(async (wanted) => {
    const began = performance.now();
    const frames = new Map<string, number>();
    for (;;) {
      const report = await window.diemcau?.pc?.getStats();
      const pictures: Record<string, unknown>[] = [];
      report?.forEach((entry: Record<string, unknown>) => {
        if (entry['type'] === 'inbound-rtp' && entry['kind'] === 'video') pictures.push(entry);
      });
      const back = pictures.filter((entry) => {
        const [id, decoded] = [String(entry['id']), Number(entry['framesDecoded'] ?? 0)];
        const known = frames.get(id) ?? decoded;
        frames.set(id, decoded);
        return Number(entry['frameHeight'] ?? 0) >= wanted && decoded > known;
      });
      if (back.length > 0) return (performance.now() - began) / 1_000;
      await new Promise(requestAnimationFrame);
    }
  }, height);
}

export function inWords({ seconds, concealed, rate, freezes, frozenSeconds, height }: Measured): string {
  return `${seconds.toFixed(1)} s: ${concealed.toFixed(2)} % of the sound made up, ${rate.toFixed(1)} pictures a second of ${height} lines, ${freezes} freezes (${frozenSeconds.toFixed(1)} s)`;
}

/** Runs in the page and therefore uses nothing from outside itself. */
async function totals(): Promise<Totals> {
  let [samples, madeUp, frames, freezes, frozenSeconds, height] = [0, 0, 0, 0, 0, 0];
  const { mid } = document.querySelector<HTMLElement>('[data-testid=stage] video')?.dataset ?? {};
  const report = await window.diemcau?.pc?.getStats();
  report?.forEach((entry: Record<string, unknown>) => {
    const number = (name: string): number => Number(entry[name] ?? 0);
    if (entry['type'] !== 'inbound-rtp' || number('packetsReceived') === 0) return;
    if (entry['kind'] === 'audio') {
      // The slot of whoever speaks: the others play silence.
      if (number('totalAudioEnergy') === 0) return;
      samples = Math.max(samples, number('totalSamplesReceived'));
      madeUp += number('concealedSamples') - number('silentConcealedSamples');
    } else if (entry['mid'] === mid) {
      frames = number('framesDecoded');
      freezes = number('freezeCount');
      frozenSeconds = number('totalFreezesDuration');
      height = number('frameHeight');
    }
  });
  return { samples, madeUp, frames, freezes, frozenSeconds, height, seconds: performance.now() / 1_000 };
}
