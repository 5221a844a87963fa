/**
 * Everything that is heard: one hidden audio element for each sound slot. The
 * browser may refuse to play before the user has touched the page; then
 * `blocked` is true until `unblock` is called from a click.
 */
import { Store } from '../core/store';
import { routeTo } from './meter';

export class Sounds {
  readonly blocked = new Store(false);
  readonly #elements = new Map<string, HTMLAudioElement>();
  #speaker = '';
  /** The sound above all others, and how loud those are. */
  #above: string | null = null;
  #beneath = 1;

  /** Plays a stream for a slot, instead of what it played before. */
  play(mid: string, stream: MediaStream): void {
    let element = this.#elements.get(mid);
    if (element === undefined) {
      element = document.createElement('audio');
      element.dataset['slot'] = mid;
      element.hidden = true;
      document.body.append(element);
      this.#elements.set(mid, element);
      element.volume = this.#volumeOf(mid);
      if (this.#speaker !== '') void routeTo(element, this.#speaker);
    }
    if (element.srcObject === stream) return;
    element.srcObject = stream;
    void this.#start(element);
  }

  choose(speaker: string): void {
    if (speaker === this.#speaker) return;
    this.#speaker = speaker;
    for (const element of this.#elements.values()) void routeTo(element, speaker);
  }

  /** Puts the sound of one slot above all others, which are lowered to so much of 1. */
  balance(above: string | null, beneath: number): void {
    if (above === this.#above && beneath === this.#beneath) return;
    this.#above = above;
    this.#beneath = beneath;
    for (const [mid, element] of this.#elements) element.volume = this.#volumeOf(mid);
  }

  unblock(): void {
    this.blocked.set(false);
    for (const element of this.#elements.values()) void this.#start(element);
  }

  clear(): void {
    for (const element of this.#elements.values()) {
      element.srcObject = null;
      element.remove();
    }
    this.#elements.clear();
    this.blocked.set(false);
  }

  #volumeOf(mid: string): number {
    return mid === this.#above ? 1 : this.#beneath;
  }

  async #start(element: HTMLAudioElement): Promise<void> {
    try {
      await element.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.blocked.set(true);
    }
  }
}
