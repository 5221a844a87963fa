/**
 * Keeps the floor beneath the interpreter to whom somebody listens, and brings
 * it back when nothing is heard of the interpreter.
 */
import { lower, NOT_LOWERED, type Lowering } from '../core/lowering';
import type { ParticipantId } from '../core/protocol';
import type { Peer, Slot } from './peer';
import type { Sounds } from './sounds';
import { Timer } from './timer';

/** How often the interpreter's level is looked at, in milliseconds. */
const EVERY = 200;

export class Interpreter {
  readonly #peer: () => Peer | null;
  readonly #sounds: Sounds;
  readonly #timer = new Timer();
  #whom: ParticipantId | null = null;
  #lowering: Lowering = NOT_LOWERED;

  constructor(peer: () => Peer | null, sounds: Sounds) {
    this.#peer = peer;
    this.#sounds = sounds;
  }

  /** Listens to an interpreter, or to the floor alone. */
  listenTo(whom: ParticipantId | null): void {
    if (whom === this.#whom) return;
    this.#whom = whom;
    this.#lowering = NOT_LOWERED;
    this.#timer.clear();
    this.#look();
  }

  #look(): void {
    const slot = this.#slot();
    this.#lowering = lower(this.#lowering, performance.now(), slot === undefined ? null : levelOf(slot));
    this.#sounds.balance(slot?.mid ?? null, this.#lowering.floor);
    if (this.#whom !== null) this.#timer.set(EVERY, () => { this.#look(); });
  }

  /** Where the interpreter is heard now. */
  #slot(): Slot | undefined {
    const slots = this.#peer()?.slots ?? [];
    return slots.find(({ kind, told }) => {
      const source = told.get();
      return kind === 'sound' && source?.kind === 'microphone' && source.participant === this.#whom;
    });
  }
}

/** How loud the newest packets of a slot are, of 1. */
function levelOf({ receiver }: Slot): number {
  return Math.max(0, ...receiver.getSynchronizationSources().map(({ audioLevel }) => audioLevel ?? 0));
}
