/**
 * The waveform of a recording's mix, drawn up in the browser: the file is
 * fetched once more, cut into pieces while it comes, and Web Audio decodes one
 * after the other, so that memory holds one piece.
 */
import { noPeaks, type Peaks, takeSamples } from '../core/archive/peaks';
import type { ArchivedFile, RecordedPart } from '../core/protocol';
import { type Piece, WebmCutter } from '../core/archive/webm';
import { Store } from '../core/store';

/** Larger programmes are not fetched for this, in bytes. */
const MOST = 300_000_000;
/** A piece has about so many bytes. */
const PIECE = 2_000_000;
/** Enough to see loudness; decoding at this rate spares memory. In Hz. */
const RATE = 8_000;
const COLUMNS = 1_000;

export type WaveformView =
  /** `progress` from 0 to 1. */
  | { readonly type: 'computing'; readonly peaks: Peaks; readonly progress: number }
  | { readonly type: 'done'; readonly peaks: Peaks }
  /** It is not drawn up: too large, or in a form that cannot be cut, or it cannot be fetched. */
  | { readonly type: 'none'; readonly why: 'too_large' | 'other_form' | 'failed' };

interface Wanted {
  readonly parts: readonly RecordedPart[];
  readonly files: readonly ArchivedFile[];
  readonly duration: number;
  readonly fetchFile: (file: string, signal: AbortSignal) => Promise<Response>;
}

export class Waveform {
  readonly view: Store<WaveformView>;
  readonly #wanted: Wanted;
  readonly #peaks = noPeaks(COLUMNS);
  readonly #size: number;
  #done = 0;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.#size = wanted.parts.reduce((sum, { file }) => sum + (wanted.files.find(({ path }) => path === file)?.size ?? 0), 0);
    this.view = new Store<WaveformView>(
      wanted.parts.some(({ file }) => !file.endsWith('.webm'))
        ? { type: 'none', why: 'other_form' }
        : this.#size > MOST
          ? { type: 'none', why: 'too_large' }
          : { type: 'computing', peaks: this.#peaks, progress: 0 },
    );
  }

  /** Begins; gives how to stop it. */
  start(): () => void {
    const stop = new AbortController();
    if (this.view.get().type === 'computing') {
      this.#done = 0;
      this.#all(stop.signal).catch(() => {
        if (!stop.signal.aborted) this.view.set({ type: 'none', why: 'failed' });
      });
    }
    return () => { stop.abort(); };
  }

  async #all(signal: AbortSignal): Promise<void> {
    for (const part of this.#wanted.parts) await this.#part(part, signal);
    if (!signal.aborted) this.view.set({ type: 'done', peaks: this.#peaks.slice() });
  }

  async #part(part: RecordedPart, signal: AbortSignal): Promise<void> {
    const response = await this.#wanted.fetchFile(part.file, signal);
    if (!response.ok || response.body === null) throw new Error(`${part.file}: ${response.status}`);
    const cutter = new WebmCutter(PIECE);
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      const pieces = done ? cutter.rest() : cutter.take(value);
      for (const piece of pieces) await this.#piece(part, piece);
      if (signal.aborted || done) return;
      this.#done += value.length;
      if (pieces.length > 0) this.#tell();
    }
  }

  async #piece(part: RecordedPart, { at, bytes }: Piece): Promise<void> {
    const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes.buffer);
    takeSamples(this.#peaks, decoded.getChannelData(0), RATE, part.from + at, this.#wanted.duration);
  }

  #tell(): void {
    this.view.set({ type: 'computing', peaks: this.#peaks.slice(), progress: Math.min(1, this.#done / Math.max(1, this.#size)) });
  }
}
