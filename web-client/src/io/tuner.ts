/** Has our encoders do what `core/demand` decides. */
import { assertNever } from '../core/assertNever';
import { ALL_WANTED, type Demand, type DemandInput, stepDemand } from '../core/demand';
import type { Peer } from './peer';
import { Timer } from './timer';

export class Tuner {
  readonly #peer: () => Peer | null;
  readonly #timer = new Timer();
  #demand: Demand = ALL_WANTED;

  /** `peer` gives the current peer connection. */
  constructor(peer: () => Peer | null) {
    this.#peer = peer;
  }

  take(input: DemandInput): void {
    const [state, effects] = stepDemand(this.#demand, input);
    this.#demand = state;
    for (const effect of effects) {
      switch (effect.type) {
        case 'tune':
          this.#peer()?.tune(state);
          break;
        case 'set_timer':
          this.#timer.set(effect.after, () => { this.take({ type: 'timer' }); });
          break;
        case 'clear_timer':
          this.#timer.clear();
          break;
        default:
          assertNever(effect);
      }
    }
  }

  dispose(): void {
    this.#timer.clear();
  }
}
