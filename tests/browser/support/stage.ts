/**
 * Watches in the page that the name with each picture belongs to the colour
 * that the picture has: on the stage and on every tile, on every animation
 * frame.
 *
 * A browser may put a picture on the screen a moment before it announces it by
 * `requestVideoFrameCallback`; no page can know it earlier. Such a picture is
 * counted, and compared only once it is announced, which must be soon.
 *
 * `watchNames` runs in the page and therefore uses nothing from outside itself.
 */

interface NameWatch {
  /** Animation frames. */
  frames: number;
  /** Pictures compared with their names. */
  compared: number;
  /** Pictures met before their announcement. */
  early: number;
  /** Those of them that differed from the name still there. */
  ahead: number;
  /** What was wrong. */
  readonly mismatches: string[];
  /** Whose picture the stage shows now, by name and colour. */
  onStage: string;
}

declare global {
  interface Window {
    names: NameWatch;
  }
}

/** So long a picture may be on the screen without its announcement, in milliseconds. */
export const ANNOUNCED_WITHIN = 500;

/** `shades` says which colour belongs to which participant. */
export function watchNames([shades, announcedWithin]: readonly [Readonly<Record<string, number>>, number]): void {
  const names: NameWatch = { frames: 0, compared: 0, early: 0, ahead: 0, mismatches: [], onStage: '' };
  window.names = names;
  /** The media time of the picture announced on each element, in microseconds, and since when it shows others. */
  interface Announced {
    time: number;
    aheadSince: number | null;
  }
  const elements = new WeakMap<HTMLVideoElement, Announced>();
  const announcedOn = (video: HTMLVideoElement): Announced => {
    const known = elements.get(video);
    if (known !== undefined) return known;
    const fresh: Announced = { time: -1, aheadSince: null };
    elements.set(video, fresh);
    const onFrame: VideoFrameRequestCallback = (_now, { mediaTime }) => {
      fresh.time = Math.round(mediaTime * 1e6);
      fresh.aheadSince = null;
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    return fresh;
  };
  const check = (place: HTMLElement, named: string | undefined): boolean => {
    const video = place.querySelector('video');
    if (video === null) return false;
    const announced = announcedOn(video);
    if (announced.time < 0 || video.dataset['shown'] !== 'true' || named === undefined) return false;
    const frame = new VideoFrame(video);
    const shade = window.senses.shadeOf(frame);
    const at = frame.timestamp;
    frame.close();
    if (at > announced.time + 1) {
      names.early += 1;
      if (shade !== shades[named]) names.ahead += 1;
      announced.aheadSince ??= performance.now();
      if (performance.now() - announced.aheadSince > announcedWithin) {
        names.mismatches.push(`frame ${names.frames}: a picture is on the page without its announcement`);
      }
      return false;
    }
    names.compared += 1;
    if (shade === shades[named]) return true;
    names.mismatches.push(`frame ${names.frames}: ${place.dataset['testid']} says ${named} (${shades[named]}), the picture is ${shade}`);
    return false;
  };
  const look = (): void => {
    const stage = document.querySelector<HTMLElement>('[data-testid=stage]');
    const label = document.querySelector<HTMLElement>('[data-testid=stage-label]')?.dataset['participant'];
    names.onStage = stage !== null && check(stage, label) ? (label ?? '') : '';
    for (const tile of document.querySelectorAll<HTMLElement>('[data-testid=tile]')) check(tile, tile.dataset['wished']);
    names.frames += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
