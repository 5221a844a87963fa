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
  admission: { mode: 'off', locked: false, waiting: [], removed: [], renamed: [] },
  agenda: { items: [], current: null, numbered: 0 },
  stage: { beside: [], document: null, preview: null, given: {} },
  conduct: { announcement: null, timer_ends_at: null, pause: null, chat: 'all', messages: [], notes: [] },
  recording: { starts_at: null, since: null, consents: {} },
  course: { rehearsal: false, ended_at: null },
  roll_calls: { called: 0, open: null, last: null, checked: 0, check: null },
  votes: { opened: 0, open: null, last: null },
  documents: { list: [], numbered: 0, led: null },
  groups: { open: null, numbered: 0 },
  interpretation: { channels: [], numbered: 0, listening: {} },
};
