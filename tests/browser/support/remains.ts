/** What a meeting left on the disk, as ffmpeg and a player see it. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LARGEST = 256 * 1024 * 1024;
const RATE = 48_000;
/** Louder than this is a beep; so long it was quiet before, in seconds. */
const LOUD = 0.05;
const QUIET = 0.1;
/** The mean of a white picture is above this, of 255. */
const BRIGHT = 190;

interface Timeline {
  readonly duration: number;
  readonly programme: readonly { readonly file: string; readonly codec: string; readonly from: number; readonly to: number }[];
  readonly tracks: readonly { readonly number: number; readonly kind: string }[];
  readonly chapters: readonly { readonly at: number; readonly kind: string; readonly title: string }[];
  readonly gaps: readonly unknown[];
}

/** An event of the log. */
interface Logged {
  readonly at: number;
  readonly event: Readonly<Record<string, unknown>> & { readonly type: string };
}

export class Recorded {
  readonly #folder: string;

  /** The archive of a meeting in the data folder of a server. */
  constructor(dataDir: string, meeting: string) {
    this.#folder = join(dataDir, 'recordings', meeting, 'archive');
  }

  get timeline(): Timeline {
    return JSON.parse(readFileSync(join(this.#folder, 'recording.json'), 'utf8')) as Timeline;
  }

  get events(): readonly Logged[] {
    const lines = readFileSync(join(this.#folder, 'events.jsonl'), 'utf8').trim().split('\n');
    // What was stored is a text in a text: its hash is of these very bytes.
    return lines.map((line) => JSON.parse((JSON.parse(line) as { bytes: string }).bytes) as Logged);
  }

  has(file: string): boolean {
    return existsSync(join(this.#folder, file));
  }

  /** Everything that holds picture or sound. */
  media(): string[] {
    const files = readdirSync(this.#folder, { recursive: true, encoding: 'utf8' });
    return files.filter((file) => ['.webm', '.mp4'].includes(extname(file))).sort();
  }

  /** How long a file is, in seconds, and what is in it. */
  async probe(file: string): Promise<{ duration: number; kinds: string[] }> {
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration:stream=codec_type', '-of', 'json', join(this.#folder, file)]);
    const { format, streams } = JSON.parse(stdout) as { format: { duration: string }; streams: { codec_type: string }[] };
    return { duration: Number(format.duration), kinds: streams.map((stream) => stream.codec_type).sort() };
  }

  /** What ffmpeg has to say against a file when it decodes all of it. */
  async complaints(file: string): Promise<string> {
    // Pictures come when they come: each is taken at its own time.
    const asTheyCome = ['-fps_mode', 'passthrough', '-enc_time_base:v', '-1'];
    const { stderr } = await run('ffmpeg', ['-v', 'warning', '-xerror', '-i', join(this.#folder, file), ...asTheyCome, '-f', 'null', '-']);
    return stderr;
  }

  /** When a white picture follows one that is not, in milliseconds. */
  async flashes(file: string): Promise<number[]> {
    const source = `movie='${join(this.#folder, file)}',scale=32:18,signalstats`;
    const shown = ['-show_entries', 'frame=pts_time:frame_tags=lavfi.signalstats.YAVG', '-of', 'csv=p=0'];
    const { stdout } = await run('ffprobe', ['-v', 'error', '-f', 'lavfi', '-i', source, ...shown], { maxBuffer: LARGEST });
    const found: number[] = [];
    let wasWhite = false;
    for (const line of stdout.trim().split('\n')) {
      const [time = NaN, brightness = NaN] = line.split(',').map(Number);
      const isWhite = brightness > BRIGHT;
      if (isWhite && !wasWhite) found.push(time * 1_000);
      wasWhite = isWhite;
    }
    return found;
  }

  /** When it becomes loud, in milliseconds. */
  async beeps(file: string): Promise<number[]> {
    // Times count from the beginning of the recording, not of the file.
    const decode = ['-v', 'error', '-copyts', '-i', join(this.#folder, file), '-map', '0:a', '-af', 'aresample=async=48000:min_hard_comp=0.01:first_pts=0'];
    const { stdout } = await run('ffmpeg', [...decode, '-ac', '1', '-ar', String(RATE), '-f', 'f32le', '-'], { encoding: 'buffer', maxBuffer: LARGEST });
    const samples = new Float32Array(stdout.buffer, stdout.byteOffset, Math.floor(stdout.byteLength / 4));
    const found: number[] = [];
    let quiet = RATE;
    samples.forEach((sample, index) => {
      if (Math.abs(sample) < LOUD) {
        quiet += 1;
        return;
      }
      if (quiet > RATE * QUIET) found.push((index / RATE) * 1_000);
      quiet = 0;
    });
    return found;
  }
}
