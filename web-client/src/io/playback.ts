/** Plays the parts of a programme as one, in a `<video>`. */
import { gapAt, momentOf, placeOf, within } from '../core/archive/playing';
import type { RecordedPart, RecordingGap } from '../core/protocol';
import { Store } from '../core/store';

export interface PlaybackView {
  /** In milliseconds from the recording's beginning. */
  readonly at: number;
  readonly isPlaying: boolean;
  /** It is to play and has nothing to play yet. */
  readonly isWaiting: boolean;
  readonly hasFailed: boolean;
  readonly rate: number;
  readonly volume: number;
  /** The gap in which the moment lies. */
  readonly gap: RecordingGap | null;
}

/** What is to be played. */
export interface Programme {
  readonly parts: readonly RecordedPart[];
  readonly gaps: readonly RecordingGap[];
  /** In milliseconds. */
  readonly duration: number;
  /** Where a file is. */
  readonly addressOf: (file: string) => string;
}

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

export class Playback {
  readonly view = new Store<PlaybackView>({ at: 0, isPlaying: false, isWaiting: false, hasFailed: false, rate: 1, volume: 1, gap: null });
  readonly programme: Programme;
  #video: HTMLVideoElement | null = null;
  #stop = new AbortController();
  #index = -1;
  /** Where to go on once the part is there, in seconds. */
  #wanted = 0;
  /** The part is there, and at that place. */
  #isPlaced = false;

  constructor(programme: Programme) {
    this.programme = programme;
  }

  /** Plays in this element; gives how to stop that. */
  attach(video: HTMLVideoElement): () => void {
    this.#video = video;
    this.#index = -1;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const on = (event: string, act: () => void) => { video.addEventListener(event, act, { signal }); };
    on('timeupdate', () => { this.#tick(); });
    on('loadedmetadata', () => { this.#resume(); });
    on('play', () => { this.view.patch({ isPlaying: true }); });
    on('pause', () => { if (!video.ended) this.view.patch({ isPlaying: false, isWaiting: false }); });
    on('waiting', () => { this.view.patch({ isWaiting: this.view.get().isPlaying }); });
    on('playing', () => { this.view.patch({ isWaiting: false, hasFailed: false }); this.#follow(); });
    on('ended', () => { this.#next(); });
    on('error', () => { this.view.patch({ hasFailed: true, isPlaying: false, isWaiting: false }); });
    this.seek(this.view.get().at);
    return () => {
      this.#stop.abort();
      video.pause();
      video.removeAttribute('src');
      this.#video = null;
    };
  }

  toggle(): void {
    if (this.view.get().isPlaying) this.#video?.pause();
    else this.play();
  }

  play(): void {
    if (this.view.get().at >= this.programme.duration) this.seek(0);
    this.view.patch({ isPlaying: true });
    // A refusal of the browser shows as a pause.
    this.#video?.play().catch(() => { this.view.patch({ isPlaying: false }); });
  }

  /** To a moment, in milliseconds. */
  seek(moment: number): void {
    const at = within(moment, this.programme.duration);
    this.#show(at);
    const place = placeOf(this.programme.parts, at);
    const video = this.#video;
    if (video === null || place === null) return;
    this.#wanted = place.offset;
    if (place.index === this.#index && this.#isPlaced) {
      video.currentTime = place.offset;
      return;
    }
    if (place.index !== this.#index) this.#load(place.index);
  }

  /** To a moment, and plays from there. */
  playFrom(moment: number): void {
    this.seek(moment);
    this.play();
  }

  setRate(rate: number): void {
    this.view.patch({ rate });
    if (this.#video !== null) this.#video.playbackRate = rate;
  }

  setVolume(volume: number): void {
    this.view.patch({ volume });
    if (this.#video !== null) this.#video.volume = volume;
  }

  #load(index: number): void {
    const part = this.programme.parts[index];
    const video = this.#video;
    if (part === undefined || video === null) return;
    this.#index = index;
    this.#isPlaced = false;
    video.src = this.programme.addressOf(part.file);
    this.view.patch({ hasFailed: false });
  }

  /** A part is there: goes to where it was to, and on. */
  #resume(): void {
    const video = this.#video;
    if (video === null) return;
    const { isPlaying, rate, volume } = this.view.get();
    this.#isPlaced = true;
    video.currentTime = this.#wanted;
    video.playbackRate = rate;
    video.volume = volume;
    if (isPlaying) this.play();
  }

  #next(): void {
    const part = this.programme.parts[this.#index];
    const next = this.programme.parts[this.#index + 1];
    if (part === undefined || next === undefined) {
      this.view.patch({ isPlaying: false, isWaiting: false });
      this.#show(this.programme.duration);
      return;
    }
    this.#wanted = 0;
    this.#load(this.#index + 1);
  }

  #tick(): void {
    const video = this.#video;
    if (video === null || !this.#isPlaced || video.seeking || video.ended) return;
    this.#show(within(momentOf(this.programme.parts, { index: this.#index, offset: video.currentTime }), this.programme.duration));
  }

  /** While it plays, the place moves with every frame that is drawn. */
  #follow(): void {
    const { signal } = this.#stop;
    const step = () => {
      if (signal.aborted || this.#video?.paused !== false) return;
      this.#tick();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #show(at: number): void {
    this.view.patch({ at, gap: gapAt(this.programme.gaps, at) });
  }
}
