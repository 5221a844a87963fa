/**
 * Pictures of every page, for a person to look at: in two languages, light and
 * dark, on a laptop, a large screen and a phone. They are written to
 * `SCREENSHOTS`; the README's picture goes to `docs/images`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Line } from '../support/line';
import { AN_BINH, BEN_TRUC, HA_LAM, HANH, Meeting, NAM, VINH } from '../support/meeting';
import { ROOT } from '../support/paths';
import type { Person } from '../support/people';
import { CHAIR, COMMUNE, DELEGATE, dress, FOLDER, HALL, LOOKS, ROOM, settles, shoot } from '../support/shots';

/** The largest that the README's picture may be. */
const README_BYTES = 250_000;

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;
let nam: Person;
let line: Line;
/** A tab of Nam that gave way to another. */
let takenOver: Page;
/** A browser that is in no meeting. */
let visitor: Person;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  mkdirSync(`${ROOT}docs/images`, { recursive: true });
  meeting = await Meeting.open('screenshots');
  visitor = await meeting.person(VINH, { portrait: HALL });
  anBinh = await meeting.joined(AN_BINH, { portrait: HALL });
  const haLam = await meeting.joined(HA_LAM, { portrait: ROOM });
  const benTruc = await meeting.joined(BEN_TRUC, { portrait: COMMUNE });
  nam = await meeting.joined(NAM, { portrait: DELEGATE });
  takenOver = await nam.opensSecondTab();
  await nam.goesIn();
  await takenOver.getByTestId('taken-over').waitFor();
  hanh = await meeting.person(HANH, { portrait: CHAIR });
  line = await Line.lay(hanh);
  await hanh.join();
  await hanh.acts('stage_camera', anBinh);
  await anBinh.page.evaluate(() => { window.speak(true); });
  await nam.presses('microphone');
  await haLam.presses('microphone');
  await hanh.writes('Kính chào các điểm cầu. Hội nghị bắt đầu, mời xã An Bình báo cáo.');
  await anBinh.reads(hanh, 'Kính chào');
  await anBinh.writes('Xã An Bình nghe rõ. Chúng tôi xin báo cáo kết quả thực hiện nhiệm vụ quý III.');
  await benTruc.reads(anBinh, 'nghe rõ');
  await benTruc.writes('Xã Bến Trúc xin phát biểu sau phần báo cáo.');
  await benTruc.presses('hand');
  await hanh.page.getByTestId('notices').locator('li').first().waitFor();
});

afterAll(async () => {
  line.close();
  await meeting.close();
});

/** With as few colours in the videos as it takes to stay below `README_BYTES`; encoded by the browser. */
async function slim(page: Page, png: Buffer): Promise<Buffer> {
  for (let step = 1; step <= 16; step += 1) {
    const encoded = await page.evaluate(
      async ([source, coarse]) => {
        const bytes = Uint8Array.from(atob(source), (letter) => letter.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const pen = canvas.getContext('2d', { alpha: false });
        if (pen === null) throw new Error('no canvas');
        pen.drawImage(bitmap, 0, 0);
        for (const video of document.querySelectorAll('video')) {
          const { x, y, width, height } = video.getBoundingClientRect();
          const image = pen.getImageData(x, y, width, height);
          image.data.forEach((value, index) => {
            image.data[index] = Math.min(255, Math.round(value / coarse) * coarse);
          });
          pen.putImageData(image, Math.floor(x), Math.floor(y));
        }
        const result = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
        let letters = '';
        for (const byte of result) letters += String.fromCharCode(byte);
        return btoa(letters);
      },
      [png.toString('base64'), step] as const,
    );
    const result = Buffer.from(encoded, 'base64');
    if (result.length <= README_BYTES) return result;
  }
  throw new Error('the picture for the README is too large');
}

/** Closes a panel that is open. */
async function closesPanels(): Promise<void> {
  for (const panel of ['chat', 'participants'] as const) {
    if (await hanh.page.getByTestId(`${panel}-panel`).isVisible()) await hanh.presses(panel);
  }
}

describe.each(LOOKS)('%s, %s', (language, colorScheme) => {
  const look = `${language}-${colorScheme}`;

  it('before the meeting', async () => {
    const { page } = visitor;
    await page.goto(meeting.server.origin);
    await page.getByTestId('demo').waitFor();
    await dress(page, language, colorScheme);
    await shoot(page, `start-${look}`);
    await visitor.opensLink();
    await page.getByTestId('preview').waitFor();
    await shoot(page, `prejoin-${look}`);
    await page.goto(`${meeting.server.origin}/m/trinh-dien#khong-phai-ma-moi`);
    await page.getByTestId('refused').waitFor();
    await shoot(page, `bad-token-${look}`);
  });

  it('the administrator', async () => {
    const { page } = visitor;
    await page.goto(`${meeting.server.origin}${meeting.server.adminPath()}`);
    await page.getByTestId('admin-title').fill('Giao ban công tác tháng 11');
    await page.getByTestId('admin-unit').fill('UBND tỉnh Hà Minh');
    const rows = page.getByRole('listitem');
    const invitees = [
      ['Trần Thị Minh Hạnh', 'UBND tỉnh Hà Minh'],
      ['Phạm Quốc Khánh', 'UBND tỉnh Hà Minh'],
      ['Xã An Bình', 'Huyện Sông Hà'],
    ] as const;
    for (const [index, [name, unit]] of invitees.entries()) {
      const fields = rows.nth(index).getByRole('textbox');
      await fields.nth(0).fill(name);
      await fields.nth(1).fill(unit);
    }
    await shoot(page, `admin-${look}`);
    await page.getByTestId('admin-create').click();
    await page.getByTestId('created').waitFor();
    await shoot(page, `admin-created-${look}`);
  });

  it('the meeting', async () => {
    const { page } = hanh;
    await dress(page, language, colorScheme);
    await closesPanels();
    await shoot(page, `meeting-${look}`);
    await hanh.opens('chat');
    await shoot(page, `meeting-chat-${look}`);
    await hanh.opens('participants');
    await shoot(page, `meeting-participants-${look}`);
    if (look === 'vi-light') {
      await settles(page);
      writeFileSync(`${ROOT}docs/images/meeting.png`, await slim(page, await page.screenshot()));
    }
    await closesPanels();
    await hanh.presses('settings');
    await page.getByTestId('settings-dialog').waitFor();
    await shoot(page, `meeting-settings-${look}`);
    await page.getByTestId('settings-dialog-close').click();
  });

  it('a shared screen', async () => {
    const { page } = hanh;
    await anBinh.presses('share');
    await page.locator('[data-testid=stage][data-kind=screen]').waitFor();
    await shoot(page, `meeting-screen-${look}`);
    await anBinh.presses('share');
    await page.locator('[data-testid=stage]:not([data-kind=screen])').waitFor();
  });

  it('a weak line', async () => {
    const { page } = hanh;
    for (const quality of ['reduced', 'sound_only'] as const) {
      const weaken = async (): Promise<void> => {
        line.pretends(quality);
        await page.locator(`[data-testid=line][data-quality=${quality}]`).waitFor({ state: 'attached' });
      };
      const mend = async (): Promise<void> => {
        line.pretends('full');
        await page.locator('[data-testid=line][data-quality=full]').waitFor({ state: 'attached' });
      };
      await shoot(page, `line-${quality}-${look}`, weaken, mend);
    }
  });

  it('a grid', async () => {
    await hanh.page.getByTestId('layout').click();
    await shoot(hanh.page, `meeting-grid-${look}`);
    await hanh.page.getByTestId('layout').click();
  });

  it('two shared screens', async () => {
    await anBinh.presses('share');
    await nam.presses('share');
    await hanh.page.getByTestId('screen-choice').waitFor();
    await shoot(hanh.page, `meeting-screens-${look}`);
    await anBinh.presses('share');
    await nam.presses('share');
    await hanh.page.locator('[data-testid=stage]:not([data-kind=screen])').waitFor();
  });

  it('a broken line, and a tab that gave way', async () => {
    const cut = async (): Promise<void> => {
      line.cutsWebSocket();
      await hanh.isTold('reconnecting');
    };
    const mend = async (): Promise<void> => {
      line.mendsWebSocket();
      await hanh.isIn();
    };
    await shoot(hanh.page, `reconnecting-${look}`, cut, mend);
    await dress(takenOver, language, colorScheme);
    await shoot(takenOver, `taken-over-${look}`);
  });
});
