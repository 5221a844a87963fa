/** How pictures of the pages are taken: in two languages, light and dark, on a laptop, a large screen and a phone. */
import type { Page } from 'playwright-core';
import { ROOT } from './paths';
import type { Portrait } from './portraits';

/** Where the pictures go. */
export const FOLDER = process.env['SCREENSHOTS'] ?? `${ROOT}target/screenshots`;
const SIZES = [
  { width: 1_366, height: 768 },
  { width: 1_920, height: 1_080 },
  { width: 390, height: 844 },
] as const;
const LAPTOP = SIZES[0];

export const LOOKS = [
  ['vi', 'light'],
  ['vi', 'dark'],
  ['en', 'light'],
  ['en', 'dark'],
] as const;

export const CHAIR: Portrait = { room: 'office', people: 1, wall: 206, clothes: ['#7a2236'], hair: 'long' };
export const HALL: Portrait = { room: 'hall', people: 4, wall: 20, clothes: ['#2b3d57', '#4d5d4c', '#5c4a3d', '#e7e3da'], hair: 'short' };
export const ROOM: Portrait = { room: 'office', people: 3, wall: 96, clothes: ['#dfe6ea', '#3b4f6b', '#6a4a52'], hair: 'long' };
export const COMMUNE: Portrait = { room: 'study', people: 2, wall: 42, clothes: ['#3f5a4a', '#e9e4d8'], hair: 'long' };
export const DELEGATE: Portrait = { room: 'study', people: 1, wall: 220, clothes: ['#27364d'], hair: 'short' };

/** In a language and an appearance, by the page's own button and the system's wish. */
export async function dress(page: Page, language: string, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.setViewportSize(LAPTOP);
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  const button = page.getByTestId('language');
  await button.waitFor();
  if ((await page.locator('html').getAttribute('lang')) !== language) await button.click();
  await page.locator(`html[lang=${language}][data-theme=${colorScheme}]`).waitFor({ state: 'attached' });
}

/** Until every place has its picture, no notice covers anything, and all is drawn. */
export async function settles(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const places = [...document.querySelectorAll<HTMLElement>('[data-testid=tile], [data-testid=stage]')];
    return places.every(({ dataset, firstElementChild }) => firstElementChild !== null && dataset['participant'] === dataset['wished']);
  });
  await page.waitForFunction(() => {
    const notices = document.querySelectorAll<HTMLElement>('[data-testid=notices] li button');
    for (const dismiss of notices) dismiss.click();
    return notices.length === 0;
  });
  await page.mouse.move(0, 0);
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 10; frame += 1) await new Promise(requestAnimationFrame);
  });
}

/** In every size; `before` and `after` each picture, once its size is settled. */
export async function shoot(page: Page, name: string, before?: () => Promise<void>, after?: () => Promise<void>): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await settles(page);
    await before?.();
    await page.screenshot({ path: `${FOLDER}/${name}-${size.width}x${size.height}.png` });
    await after?.();
  }
  await page.setViewportSize(LAPTOP);
}
