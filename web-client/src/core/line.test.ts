import { expect, test } from 'vitest';
import { absenceOf } from './line';

test('a line for sound alone shows no picture, not even the last one', () => {
  expect(absenceOf('sound_only', false, 'camera')).toBe('weak_line');
  expect(absenceOf('sound_only', false, 'screen')).toBe('weak_line');
});

test('on a weak line a picture that stands still is said to be withheld', () => {
  expect(absenceOf('reduced', false, 'camera')).toBeNull();
  expect(absenceOf('reduced', true, 'screen')).toBe('weak_line');
});

test('on a good line a camera without pictures is awaited; a quiet screen is a screen', () => {
  expect(absenceOf('full', true, 'camera')).toBe('no_frames');
  expect(absenceOf('full', true, 'screen')).toBeNull();
  expect(absenceOf('full', false, 'camera')).toBeNull();
});
