import { expect, test } from 'vitest';
import { ServerClock } from './clock';
import { timeLeft } from './procedure/timeLeft';

const HOUR = 3_600_000;

test('before anything is heard, our own clock is believed', () => {
  expect(new ServerClock().now(5_000)).toBe(5_000);
});

test('a clock that is an hour ahead is seen through, and the quickest message counts', () => {
  const clock = new ServerClock();
  clock.hear(1_000_000, 1_000_000 + HOUR + 900);
  clock.hear(1_010_000, 1_010_000 + HOUR + 40);
  clock.hear(1_020_000, 1_020_000 + HOUR + 3_000);
  expect(clock.now(2_000_000 + HOUR)).toBe(2_000_000 - 40);
});

test('a clock that is an hour behind', () => {
  const clock = new ServerClock();
  clock.hear(HOUR + 1_000, 1_060);
  expect(clock.now(5_060)).toBe(HOUR + 5_000);
});

test('time left is said in minutes and seconds, and what is over with a plus', () => {
  expect(timeLeft(300_000)).toEqual({ text: '5:00', isOver: false });
  expect(timeLeft(59_001)).toEqual({ text: '1:00', isOver: false });
  expect(timeLeft(9_000)).toEqual({ text: '0:09', isOver: false });
  expect(timeLeft(0)).toEqual({ text: '0:00', isOver: false });
  expect(timeLeft(-1_500)).toEqual({ text: '+0:01', isOver: true });
  expect(timeLeft(2 * HOUR + 61_000)).toEqual({ text: '2:01:01', isOver: false });
});
