/** The loudness of a recording over its time, as it becomes known. */

/** The loudest sample of each column, from 0 to 1; -1 where it is not known yet. */
export type Peaks = Float32Array;

export function noPeaks(columns: number): Peaks {
  return new Float32Array(columns).fill(-1);
}

/** Takes samples that begin at `from` milliseconds of a recording of `duration`. */
export function takeSamples(peaks: Peaks, samples: Float32Array, rate: number, from: number, duration: number): void {
  if (duration <= 0) return;
  const perColumn = duration / peaks.length;
  for (let index = 0; index < samples.length; index += 1) {
    const column = Math.floor((from + (index * 1_000) / rate) / perColumn);
    if (column < 0 || column >= peaks.length) continue;
    const loud = Math.abs(samples[index] ?? 0);
    if (loud > (peaks[column] ?? 0)) peaks[column] = Math.min(1, loud);
    else if (peaks[column] === -1) peaks[column] = loud;
  }
}

/** How high a column is drawn, from 0 to 1: as ears hear it, over 48 decibels. */
export function heightOf(peak: number): number {
  if (peak <= 0) return 0;
  return Math.min(1, Math.max(0, 1 + (20 * Math.log10(peak)) / 48));
}
