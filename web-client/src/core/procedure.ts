/** The meeting's procedure as everybody knows it: one file for each part. */
import type { Procedure } from './protocol';

/** Before anything was said; also what a server one version older knows. */
export const PROCEDURE_AT_FIRST: Procedure = {
  floor: {
    policy: { mode: 'open', at_once: 1, seconds: null, warn_before: 30, ends_by_itself: false },
    holders: [],
    queue: [],
  },
  microphones: { hold: null, asked: [], consents: [] },
  votes: { opened: 0, open: null, last: null },
};
