/** Several files that play as one: which of them has a moment, and where. */
import type { RecordedPart, RecordingGap } from '../protocol';

/** A place in a file. */
export interface Place {
  /** Which part, from 0. */
  readonly index: number;
  /** In the file, in seconds. */
  readonly offset: number;
}

/** Where a moment is; of one that no file has, where the recording goes on; null after its end. */
export function placeOf(parts: readonly RecordedPart[], at: number): Place | null {
  const index = parts.findIndex(({ to }) => at < to);
  const part = parts[index];
  if (part === undefined) return null;
  return { index, offset: Math.max(0, at - part.from) / 1_000 };
}

/** Which moment of the recording a place in a file is. */
export function momentOf(parts: readonly RecordedPart[], { index, offset }: Place): number {
  const part = parts[index];
  return part === undefined ? 0 : Math.round(part.from + offset * 1_000);
}

/** The gap in which a moment lies, or none. */
export function gapAt(gaps: readonly RecordingGap[], at: number): RecordingGap | null {
  return gaps.find(({ from, to }) => from <= at && at < to) ?? null;
}

/** A moment of the recording, within it. */
export function within(at: number, duration: number): number {
  return Math.min(Math.max(0, at), duration);
}

/** `1:02:03`, or `2:03` in a recording that is shorter than an hour. */
export function clockText(at: number, duration = at): string {
  const seconds = Math.floor(Math.max(0, at) / 1_000);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return duration >= 3_600_000 || hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
