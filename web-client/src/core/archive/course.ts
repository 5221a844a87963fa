/** The course of a recorded meeting: chapters under their items, and who spoke when. */
import type { RecordingGap, RecordingMark, RecordingTimeline } from '../protocol';

/** A part of the meeting: an item of its agenda, or what came before the first. */
export interface Chapter {
  readonly at: number;
  /** Null before the first item. */
  readonly title: string | null;
  /** Who came on the stage, and who spoke. */
  readonly marks: readonly RecordingMark[];
}

/** Somebody speaks. */
export interface Turn {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** Somebody's turns. */
export interface Speaker {
  readonly name: string;
  readonly turns: readonly Turn[];
  readonly total: number;
}

/** As many colours as tell speakers apart; further ones begin again. */
export const SPEAKER_COLOURS = 8;

/** Chapters in order, each with what happened in it. */
export function chaptersOf({ chapters }: RecordingTimeline): readonly Chapter[] {
  const found: { at: number; title: string | null; marks: RecordingMark[] }[] = [];
  for (const mark of [...chapters].sort((a, b) => a.at - b.at)) {
    if (mark.kind === 'agenda') {
      found.push({ at: mark.at, title: mark.title, marks: [] });
      continue;
    }
    let last = found.at(-1);
    if (last === undefined) {
      last = { at: 0, title: null, marks: [] };
      found.push(last);
    }
    last.marks.push(mark);
  }
  return found;
}

/** Who spoke when: until somebody else does, or nothing is recorded. */
export function turnsOf({ chapters, duration, gaps }: RecordingTimeline): readonly Turn[] {
  const spoken = chapters.filter(({ kind }) => kind === 'speaker').sort((a, b) => a.at - b.at);
  return spoken.flatMap(({ at, title }, index) => {
    const until = Math.min(spoken[index + 1]?.at ?? duration, duration);
    return without({ from: at, to: until, name: title }, gaps);
  });
}

/** Everybody who spoke, in the order in which they first did. */
export function speakersOf(turns: readonly Turn[]): readonly Speaker[] {
  const found = new Map<string, Turn[]>();
  for (const turn of turns) {
    const own = found.get(turn.name);
    if (own === undefined) found.set(turn.name, [turn]);
    else own.push(turn);
  }
  return [...found].map(([name, own]) => ({ name, turns: own, total: own.reduce((sum, { from, to }) => sum + to - from, 0) }));
}

/** The last mark or chapter at or before a moment, by its place in the list; -1 before the first. */
export function currentOf(marks: readonly { readonly at: number }[], at: number): number {
  return marks.findLastIndex((mark) => mark.at <= at);
}

/** What is left of a turn between the gaps. */
function without(turn: Turn, gaps: readonly RecordingGap[]): Turn[] {
  let rest = [turn];
  for (const gap of gaps) {
    rest = rest.flatMap((part) => {
      if (gap.to <= part.from || part.to <= gap.from) return [part];
      return [
        { ...part, to: gap.from },
        { ...part, from: gap.to },
      ].filter(({ from, to }) => from < to);
    });
  }
  return rest.filter(({ from, to }) => from < to);
}
