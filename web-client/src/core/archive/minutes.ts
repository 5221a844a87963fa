/** A draft of minutes as it is laid out for whoever edits it. */
import type { AttendeeCell, MinutesDraft, MinutesSection, MinutesState, ParticipantId, Statement } from '../protocol';

/** A block of the form: its fields in order, with where more can be written. */
export interface Block {
  readonly type: MinutesSection['type'];
  /** Of a part of the course, counted from 0. */
  readonly chapter: number | null;
  /** The heading of a part of the course. */
  readonly heading: Statement | null;
  readonly statements: readonly Statement[];
  /** Where a new statement would stand; nothing where the form has no room. */
  readonly open: MinutesSection | null;
}

/** A line of the attendance table. */
export interface AttendeeRow {
  readonly participant: ParticipantId;
  readonly cells: Readonly<Partial<Record<AttendeeCell, Statement>>>;
}

/** The form in its order; the course stands between, part by part. */
const BEFORE = ['title', 'began', 'place', 'attendance', 'chair', 'secretary'] as const;
const AFTER = ['conclusion', 'confirmation', 'ended', 'signature'] as const;
/** Where the secretary may add to what the log says. */
const OPEN: readonly string[] = ['place', 'attendance', 'conclusion', 'confirmation'];

/** The blocks of a draft. Those that say nothing and take nothing are left out. */
export function blocksOf({ statements, chapters }: MinutesDraft): readonly Block[] {
  const plain = (type: (typeof BEFORE)[number] | (typeof AFTER)[number]): Block => ({
    type,
    chapter: null,
    heading: null,
    statements: statements.filter(({ section }) => section.type === type),
    open: OPEN.includes(type) ? ({ type } as MinutesSection) : null,
  });
  const course = Array.from({ length: chapters }, (_, chapter): Block => ({
    type: 'course',
    chapter,
    heading: statements.find(({ section }) => section.type === 'chapter' && section.chapter === chapter) ?? null,
    statements: statements.filter(({ section }) => section.type === 'course' && section.chapter === chapter),
    open: { type: 'course', chapter },
  }));
  return [...BEFORE.map(plain), ...course, ...AFTER.map(plain)].filter((block) => block.statements.length > 0 || block.heading !== null || block.open !== null);
}

/** The attendance table, in the order of the draft. */
export function attendeesOf({ statements }: MinutesDraft): readonly AttendeeRow[] {
  const rows = new Map<ParticipantId, Partial<Record<AttendeeCell, Statement>>>();
  for (const statement of statements) {
    const { section } = statement;
    if (section.type !== 'attendee') continue;
    const row = rows.get(section.participant) ?? {};
    row[section.cell] = statement;
    rows.set(section.participant, row);
  }
  return [...rows].map(([participant, cells]) => ({ participant, cells }));
}

/** What the log or the organiser established: it is corrected, never rewritten. */
export function isEstablished({ origin }: Statement): boolean {
  return origin.type !== 'written';
}

/** When in the recording it happened, in milliseconds; null where no event says it. */
export function momentOf({ origin }: Statement, moments: ReadonlyMap<number, number>): number | null {
  if (origin.type !== 'log') return null;
  const known = origin.seqs.flatMap((seq) => moments.get(seq) ?? []);
  return known.length === 0 ? null : Math.min(...known);
}

/** Of the statements of the course, the one that is heard at a moment; null before the first. */
export function heardAt(statements: readonly Statement[], moments: ReadonlyMap<number, number>, at: number): string | null {
  let best: { readonly key: string; readonly moment: number } | null = null;
  for (const statement of statements) {
    const { type } = statement.section;
    const moment = type === 'course' || type === 'chapter' ? momentOf(statement, moments) : null;
    if (moment !== null && moment <= at && (best === null || moment >= best.moment)) best = { key: statement.key, moment };
  }
  return best?.key ?? null;
}

/** How many facts of the log were corrected or left out. */
export function correctedCount({ statements }: MinutesDraft): number {
  return statements.filter(({ corrections }) => (corrections ?? []).length > 0).length;
}

/** The steps that minutes go through. */
export const STEPS: readonly MinutesState[] = ['editing', 'approved', 'issued', 'signed'];

/** How far they are. */
export function stateOf({ stage, signed }: MinutesDraft): MinutesState {
  switch (stage.type) {
    case 'editing':
      return 'editing';
    case 'approved':
      return 'approved';
    case 'issued':
    case 'superseded':
      return signed === null ? 'issued' : 'signed';
  }
}
