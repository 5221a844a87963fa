import { expect, test } from 'vitest';
import { BENEATH, lower, NOT_LOWERED, PATIENCE } from './lowering';

test('the floor is lowered beneath an interpreter, and through its pauses', () => {
  const speaking = lower(NOT_LOWERED, 1_000, 0.2);
  expect(speaking.floor).toBe(BENEATH);
  expect(lower(speaking, 1_000 + PATIENCE - 1, 0).floor).toBe(BENEATH);
});

test('the floor comes back when the interpreter is silent or gone', () => {
  const speaking = lower(NOT_LOWERED, 1_000, 0.2);
  const silent = lower(speaking, 1_000 + PATIENCE, 0.001);
  expect(silent.floor).toBe(1);
  expect(lower(silent, 9_000, 0.2).floor).toBe(BENEATH);
  expect(lower(speaking, 1_001, null)).toEqual(NOT_LOWERED);
});

test('an interpreter who has not said anything yet lowers nothing', () => {
  expect(lower(NOT_LOWERED, 0, 0).floor).toBe(1);
});
