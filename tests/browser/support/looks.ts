/** What each person's camera, screen and microphone give, so that nobody can be mistaken for another. */

export type Rgb = readonly [number, number, number];

export interface Look {
  /** The background of the camera's picture. */
  readonly camera: Rgb;
  /** The background of the shared screen. */
  readonly screen: Rgb;
  /** The tone of the microphone, in hertz. */
  readonly tone: number;
  /** The tone of the shared screen's sound, in hertz. */
  readonly screenTone: number;
}

const CAMERAS: readonly Rgb[] = [
  [205, 25, 30],
  [25, 165, 45],
  [30, 60, 215],
  [225, 205, 30],
  [200, 40, 195],
  [30, 190, 205],
];

const SCREEN: Rgb = [120, 70, 20];
export const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
const GREY: Rgb = [128, 128, 128];

/** Every colour that a picture may have; a picture is what it is nearest to. */
export const PALETTE: readonly Rgb[] = [...CAMERAS, SCREEN, WHITE, BLACK, GREY];

export function lookOf(index: number): Look {
  const camera = CAMERAS[index];
  if (camera === undefined) throw new Error('there are no more colours');
  return { camera, screen: SCREEN, tone: 410 + 230 * index, screenTone: 2_110 + 230 * index };
}

/** The place of the nearest colour in the palette. */
export function shade(colour: Rgb): number {
  return PALETTE.indexOf(colour);
}
