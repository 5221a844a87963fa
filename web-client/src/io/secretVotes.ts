/**
 * Our secret ballots: fetches the paper, casts it, remembers the receipt.
 *
 * ```text
 *   none ── fetch ──> fetching ──> paper ── cast ──> casting ──> stored
 *                         │                             │
 *                         └───────── refused <──────────┘
 * ```
 *
 * What must outlive a reload is kept in the tab's storage, the choice no
 * longer than until the ballot is stored.
 */
import type { CastBallot, Command, ErrorCode, MeetingId } from '../core/protocol';
import { Store } from '../core/store';
import type { BallotPaper, BlindedToken } from './ballots';
import type { Fetched } from './rest';
import type { Answer } from './session';
import { keepBallot, keptBallot } from './storage';

/** How far our ballot of one vote has come. */
export type BallotProgress =
  | { readonly type: 'none' }
  | { readonly type: 'fetching' }
  | { readonly type: 'paper' }
  | { readonly type: 'casting' }
  /** The server has it and will store it together with others. */
  | { readonly type: 'waiting' }
  | { readonly type: 'stored' }
  | { readonly type: 'refused'; readonly code: ErrorCode }
  /** The connection was lost on the way; to ask again is safe. */
  | { readonly type: 'lost' };

/** What the tab keeps of a ballot. */
export interface KeptBallot {
  readonly blinded?: BlindedToken;
  readonly paper?: BallotPaper;
  /** Only while the ballot is on its way. */
  readonly choice?: number;
  readonly stored?: true;
}

const NONE: BallotProgress = { type: 'none' };

export class SecretVotes {
  /** By the number of the vote. */
  readonly progress = new Store<ReadonlyMap<number, BallotProgress>>(new Map());

  readonly #meeting: () => MeetingId | null;
  readonly #command: (command: Command) => Promise<Answer>;
  readonly #onTheWay = new Set<number>();

  constructor(meeting: () => MeetingId | null, command: (command: Command) => Promise<Answer>) {
    this.#meeting = meeting;
    this.#command = command;
  }

  /** How far the ballot of a vote is; also after a reload. */
  of(number: number): BallotProgress {
    const known = this.progress.get().get(number);
    if (known !== undefined) return known;
    const kept = this.#kept(number);
    if (kept?.stored === true) return { type: 'stored' };
    if (kept?.choice !== undefined) return { type: 'casting' };
    return kept?.paper === undefined ? NONE : { type: 'paper' };
  }

  /** Asks for a ballot paper; the same one again, where the first answer was lost. */
  async fetchPaper(number: number, key: string): Promise<void> {
    if (this.of(number).type === 'fetching') return;
    this.#say(number, { type: 'fetching' });
    try {
      const { blindToken } = await import('./ballots');
      const blinded = this.#kept(number)?.blinded ?? (await blindToken(key));
      this.#keep(number, { blinded });
      const answer = await this.#command({ type: 'votes', what: 'take_paper', number, blinded: blinded.blinded });
      if (answer.type === 'refused') this.#say(number, { type: 'refused', code: answer.code });
      if (answer.type === 'lost') this.#say(number, { type: 'lost' });
    } catch {
      this.#say(number, { type: 'lost' });
    }
  }

  /** The server signed what we blinded. */
  async receive(number: number, signature: string): Promise<void> {
    const blinded = this.#kept(number)?.blinded;
    if (blinded === undefined) return;
    try {
      const { unblind } = await import('./ballots');
      this.#keep(number, { paper: await unblind(blinded, signature) });
      this.#say(number, { type: 'paper' });
    } catch {
      this.#say(number, { type: 'refused', code: 'ballot_invalid' });
    }
  }

  /** Casts the ballot, until it is stored. */
  async cast(number: number, choice: number): Promise<void> {
    const paper = this.#kept(number)?.paper;
    const meeting = this.#meeting();
    if (paper === undefined || meeting === null || this.#onTheWay.has(number)) return;
    this.#onTheWay.add(number);
    this.#keep(number, { paper, choice });
    this.#say(number, { type: 'casting' });
    try {
      const { castUntilStored } = await import('./ballots');
      const ballot: CastBallot = { meeting, number, ...paper, choice };
      const end = await castUntilStored(ballot, () => { this.#say(number, { type: 'waiting' }); });
      this.#keep(number, { paper, ...(end.type === 'stored' && { stored: true }) });
      this.#say(number, end);
    } catch {
      this.#say(number, { type: 'lost' });
    } finally {
      this.#onTheWay.delete(number);
    }
  }

  /** After a reload: a ballot that was on its way goes on. */
  goOn(number: number): void {
    const choice = this.#kept(number)?.choice;
    if (choice !== undefined) void this.cast(number, choice);
  }

  /** The code of the receipt; nothing where we cast no ballot. */
  receipt(number: number): string | null {
    const kept = this.#kept(number);
    return kept?.stored === true || kept?.choice !== undefined ? (kept.paper?.token ?? null) : null;
  }

  /** Whether our ballot is proved to be among those under the root of the result. */
  async check(number: number, root: string): Promise<Fetched<boolean>> {
    const token = this.receipt(number);
    const meeting = this.#meeting();
    if (token === null || meeting === null) return { type: 'refused', code: 'not_found' };
    const { isCounted } = await import('./ballots');
    return isCounted({ meeting, number, token }, root);
  }

  #kept(number: number): KeptBallot | null {
    const meeting = this.#meeting();
    return meeting === null ? null : keptBallot(meeting, number);
  }

  #keep(number: number, kept: KeptBallot): void {
    const meeting = this.#meeting();
    if (meeting !== null) keepBallot(meeting, number, kept);
  }

  #say(number: number, progress: BallotProgress): void {
    this.progress.set(new Map([...this.progress.get(), [number, progress]]));
  }
}
