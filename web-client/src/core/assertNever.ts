/** Proves to the compiler that a match names every case. */
export function assertNever(value: never): never {
  throw new Error(`not matched: ${JSON.stringify(value)}`);
}
