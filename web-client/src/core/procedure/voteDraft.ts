/** A vote that is being set up: what the form holds, and the rules that it makes. */
import { here } from '../meeting';
import type { Majority, Participant, Snapshot, VoteMethod, VoteOption, VoteRules, VoteUnit, Voter } from '../protocol';

/** As the server asks for secrecy. */
const FEWEST_SECRET = 3;

export interface VoteDraft {
  readonly question: string;
  readonly options: readonly VoteOption[];
  readonly method: VoteMethod;
  readonly unit: VoteUnit;
  readonly majority: Majority;
  readonly quorumPercent: number;
  readonly mayChange: boolean;
  /** 0 for no limit. */
  readonly minutes: number;
  /** Who is entitled; all who are here and may vote where nobody is named. */
  readonly voters: readonly Voter[];
}

/** Who may vote at all. */
export function electorate(snapshot: Snapshot): readonly Participant[] {
  return here(snapshot).filter(({ role, kind }) => role !== 'controller' && role !== 'observer' && kind !== 'device');
}

/** One vote each; by delegate, as many as were told at the last roll call. */
export function usualVoters(snapshot: Snapshot, unit: VoteUnit): readonly Voter[] {
  const entries = snapshot.procedure.roll_calls.last?.entries ?? [];
  const headcountOf = (id: string): number => entries.find(({ participant }) => participant === id)?.headcount ?? 1;
  return electorate(snapshot).map(({ id }) => ({
    participant: id,
    weight: 1,
    headcount: unit === 'delegate' ? Math.max(1, headcountOf(id)) : 1,
  }));
}

/** Why a draft cannot be opened yet. */
export type DraftFault = 'question' | 'options' | 'few_voters' | 'unequal';

export function faultOf(draft: VoteDraft, snapshot: Snapshot): DraftFault | null {
  const texts = draft.options.map(({ text }) => text.trim());
  const isSecret = draft.method === 'secret';
  const voters = draft.voters.length > 0 ? draft.voters : usualVoters(snapshot, draft.unit);
  if (draft.question.trim() === '') return 'question';
  if (texts.length < 2 || texts.includes('') || new Set(texts).size < texts.length) return 'options';
  if (draft.options.every(({ abstention }) => abstention)) return 'options';
  if (isSecret && voters.length < FEWEST_SECRET) return 'few_voters';
  if (isSecret && new Set(voters.map(({ weight }) => weight)).size > 1) return 'unequal';
  return null;
}

export function rulesOf(draft: VoteDraft): VoteRules {
  const isSecret = draft.method === 'secret';
  const unit = isSecret ? 'site' : draft.unit;
  return {
    question: draft.question.trim(),
    options: draft.options.map(({ text, abstention }) => ({ text: text.trim(), abstention })),
    method: draft.method,
    unit,
    voters: draft.voters.map((voter) => ({ ...voter, headcount: unit === 'site' ? 1 : voter.headcount })),
    quorum_percent: draft.quorumPercent,
    majority: draft.majority,
    may_change: draft.mayChange && !isSecret,
  };
}
