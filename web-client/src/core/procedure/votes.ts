/** Votes: opened, given, closed. Of a secret one only papers and figures are known. */
import { assertNever } from '../assertNever';
import type { Vote, Votes, VotesEvent } from '../protocol';

export function applyVotes(votes: Votes, at: number, event: VotesEvent): Votes {
  switch (event.what) {
    case 'opened':
      return {
        ...votes,
        opened: event.number,
        open: {
          number: event.number,
          rules: event.rules,
          opened_at: at,
          ends_at: event.ends_at,
          by: event.by,
          called: null,
          ballots: {},
          key: null,
          papers: {},
          sealed: false,
        },
      };
    case 'papers_ready':
      return change(votes, () => ({ key: event.key }));
    case 'called':
      return change(votes, () => ({ called: event.participant }));
    case 'cast':
      return change(votes, ({ ballots }) => ({ ballots: { ...ballots, [event.participant]: event.counts } }));
    case 'paper_taken':
      return change(votes, ({ papers }) => ({ papers: { ...papers, [event.participant]: event.blinded } }));
    case 'sealed':
      return change(votes, () => ({ sealed: true }));
    case 'closed':
      return { ...votes, open: null, last: event.result };
    case 'cancelled':
      return { ...votes, open: null };
    default:
      return assertNever(event);
  }
}

function change(votes: Votes, part: (open: Vote) => Partial<Vote>): Votes {
  return votes.open === null ? votes : { ...votes, open: { ...votes.open, ...part(votes.open) } };
}
