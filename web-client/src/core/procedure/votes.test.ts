import { expect, test } from 'vitest';
import { applyEvents } from '../meeting';
import type { Event, VoteResult, VoteRules, VotesEvent } from '../protocol';
import { person, snapshotOf } from '../testing';

const RULES: VoteRules = {
  question: 'Thông qua Nghị quyết',
  options: [
    { text: 'Tán thành', abstention: false },
    { text: 'Không tán thành', abstention: false },
    { text: 'Không biểu quyết', abstention: true },
  ],
  method: 'roll_call',
  unit: 'site',
  voters: [
    { participant: 'p1', weight: 1, headcount: 1 },
    { participant: 'p2', weight: 1, headcount: 1 },
  ],
  quorum_percent: 50,
  majority: { rule: 'absolute' },
  may_change: false,
};

const RESULT: VoteResult = {
  number: 1,
  question: RULES.question,
  method: 'roll_call',
  options: [],
  entitled: 2,
  given: 1,
  quorum: true,
  carried: null,
  papers: null,
  root: null,
};

const OPENED: VotesEvent = { what: 'opened', number: 1, rules: RULES, ends_at: null, by: 'p1' };

function after(events: readonly VotesEvent[]) {
  const snapshot = snapshotOf([person(1, { role: 'chair' }), person(2)]);
  const announced = events.map((event, index) => ({ at: 1_000 + index, event: { type: 'votes', ...event } satisfies Event }));
  return applyEvents(snapshot, announced).procedure.votes;
}

test('a vote is opened, given in turn, and closed with its result', () => {
  const called: VotesEvent = { what: 'called', participant: 'p2' };
  const cast: VotesEvent = { what: 'cast', participant: 'p2', counts: [1, 0, 0] };
  const open = after([OPENED, called, cast]);
  expect(open.open).toMatchObject({ number: 1, called: 'p2', opened_at: 1_000, ballots: { p2: [1, 0, 0] } });
  const closed = after([OPENED, called, cast, { what: 'closed', result: RESULT, by: 'p1' }]);
  expect(closed).toEqual({ opened: 1, open: null, last: RESULT });
});

test('of a secret vote papers are known, and that it is sealed', () => {
  const events: VotesEvent[] = [
    { ...OPENED, rules: { ...RULES, method: 'secret' } },
    { what: 'papers_ready', number: 1, key: 'AAAA' },
    { what: 'paper_taken', participant: 'p2', blinded: 'ff' },
    { what: 'sealed', by: null },
  ];
  expect(after(events).open).toMatchObject({ key: 'AAAA', papers: { p2: 'ff' }, ballots: {}, sealed: true });
  expect(after([...events, { what: 'cancelled', reason: 'Nhầm', by: 'p1' }])).toEqual({ opened: 1, open: null, last: null });
});

test('what happens to a vote that is not there changes nothing', () => {
  expect(after([{ what: 'called', participant: 'p2' }])).toEqual({ opened: 0, open: null, last: null });
});
