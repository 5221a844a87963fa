/**
 * The server's clock, as far as it can be told from here: what ends at a time
 * ends for everybody at once, even where a computer's clock is an hour off.
 */
export class ServerClock {
  /** How much our clock is ahead, in milliseconds; the delay of the line at its smallest is in it. */
  #ahead: number | null = null;

  /** Something that happened at `at` by the server's clock is heard of at `local` by ours. */
  hear(at: number, local: number): void {
    const ahead = local - at;
    this.#ahead = this.#ahead === null ? ahead : Math.min(this.#ahead, ahead);
  }

  /** The server's time at `local` by our clock, in milliseconds since 1970 UTC. */
  now(local: number): number {
    return local - (this.#ahead ?? 0);
  }
}
