/**
 * How loud the floor is beneath an interpreter: lowered while the interpreter
 * sounds and in the pauses between sentences, as it is once nothing has been
 * heard of the interpreter for some seconds.
 */

/** How loud the floor is beneath an interpreter, of 1. */
export const BENEATH = 0.15;
/** Silence of the interpreter's after which the floor comes back, in milliseconds. */
export const PATIENCE = 4_000;
/** Below this an interpreter is silent: RFC 6464 levels as browsers tell them, of 1. */
const AUDIBLE = 0.003;

export interface Lowering {
  /** When the interpreter was heard last; never, since it was chosen. */
  readonly heardAt: number | null;
  /** How loud every other sound is to be, of 1. */
  readonly floor: number;
}

export const NOT_LOWERED: Lowering = { heardAt: null, floor: 1 };

/** Looks at the interpreter's level again; without one nobody interprets. */
export function lower(before: Lowering, now: number, level: number | null): Lowering {
  if (level === null) return NOT_LOWERED;
  const heardAt = level > AUDIBLE ? now : before.heardAt;
  const isHeard = heardAt !== null && now - heardAt < PATIENCE;
  return { heardAt, floor: isHeard ? BENEATH : 1 };
}
