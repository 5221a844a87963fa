/** One timer: setting it again replaces what it was set to. */
export class Timer {
  #handle: ReturnType<typeof setTimeout> | undefined;

  set(after: number, then: () => void): void {
    this.clear();
    this.#handle = setTimeout(then, after);
  }

  clear(): void {
    clearTimeout(this.#handle);
  }
}
