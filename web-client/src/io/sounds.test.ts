import { afterEach, expect, test, vi } from 'vitest';
import { Sounds } from './sounds';

interface FakeElement {
  dataset: Record<string, string>;
  volume: number;
  srcObject: unknown;
  hidden: boolean;
  play(): Promise<void>;
  remove(): void;
}

/** How loud the audio element of each slot is, as they are made. */
function volumes(): (...mids: string[]) => (number | undefined)[] {
  const made: FakeElement[] = [];
  vi.stubGlobal('document', {
    createElement: (): FakeElement => {
      const element = { dataset: {}, volume: 1, srcObject: null, hidden: false, play: () => Promise.resolve(), remove: () => undefined };
      made.push(element);
      return element;
    },
    body: { append: () => undefined },
  });
  return (...mids) => mids.map((mid) => made.find(({ dataset }) => dataset['slot'] === mid)?.volume);
}

afterEach(() => { vi.unstubAllGlobals(); });

test('the floor is lowered beneath the interpreter, in slots that come later too', () => {
  const volumesOf = volumes();
  const sounds = new Sounds();
  const stream = {} as MediaStream;
  for (const mid of ['5', '6']) sounds.play(mid, stream);
  sounds.balance('6', 0.15);
  sounds.play('7', stream);
  expect(volumesOf('5', '6', '7')).toEqual([0.15, 1, 0.15]);
  sounds.balance(null, 1);
  expect(volumesOf('5', '6', '7')).toEqual([1, 1, 1]);
});
