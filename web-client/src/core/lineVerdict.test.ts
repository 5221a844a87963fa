import { describe, expect, it } from 'vitest';
import cases from './lineVerdict.cases.json';
import { jitter, judge, median } from './lineVerdict';

describe('the verdict on a line', () => {
  it.each(cases)('$name', ({ measured, verdict }) => {
    expect(judge(measured)).toEqual(verdict);
  });
});

describe('times there and back', () => {
  it('are summed up by the one in the middle and by how much they differ', () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([])).toBe(0);
    expect(jitter([10, 14, 10])).toBe(4);
    expect(jitter([10, 12, 10, 500, 12, 10])).toBe(2);
    expect(jitter([10])).toBe(0);
  });
});
