import { expect, test } from 'vitest';
import { type Geometry, place, type Rect, type Size, type View } from './geometry';

const ROOMS: Record<string, Size> = {
  'laptop 1366×768': { width: 1_334, height: 630 },
  'laptop with a panel': { width: 974, height: 630 },
  'desktop 1920×1080': { width: 1_888, height: 940 },
  'phone 390×844': { width: 374, height: 720 },
  'phone on its side': { width: 828, height: 260 },
};
const VIEWS: View[] = ['stage', 'grid', 'focus'];

const rects = ({ main, tiles }: Geometry): Rect[] => (main === null ? [...tiles] : [main, ...tiles]);

function overlap(a: Rect, b: Rect): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

test.each(Object.entries(ROOMS))('%s: everything is inside, nothing overlaps', (_, room) => {
  for (const view of VIEWS) {
    for (let wanted = 1; wanted <= 30; wanted += 1) {
      const all = rects(place(room, view, wanted));
      for (const rect of all) {
        expect(rect.width).toBeGreaterThan(0);
        expect(rect.left).toBeGreaterThanOrEqual(0);
        expect(rect.left + rect.width).toBeLessThanOrEqual(room.width + 1);
        expect(rect.top + rect.height).toBeLessThanOrEqual(room.height + 1);
      }
      if (view === 'focus') continue;
      all.forEach((rect, index) => {
        expect(all.slice(index + 1).some((other) => overlap(rect, other))).toBe(false);
      });
    }
  }
});

test('the main picture takes the greater part of a laptop', () => {
  const { main, tiles } = place({ width: 1_334, height: 630 }, 'stage', 9);
  expect(main?.width).toBeGreaterThan(1_000);
  expect(tiles.length).toBeGreaterThanOrEqual(4);
});

test('a phone has the stage above and two columns of tiles below', () => {
  const { main, tiles } = place({ width: 374, height: 720 }, 'stage', 9);
  expect(main).toMatchObject({ left: 0, top: 0, width: 374 });
  expect(tiles.length).toBeGreaterThanOrEqual(6);
  expect(new Set(tiles.map(({ left }) => left)).size).toBe(2);
});
