/** What everyone knows of the recording. */
import { assertNever } from '../assertNever';
import type { Recording, RecordingEvent } from '../protocol';

export function applyRecording(recording: Recording, at: number, event: RecordingEvent): Recording {
  switch (event.what) {
    case 'announced':
      return { ...recording, starts_at: event.starts_at };
    case 'started':
      return { ...recording, starts_at: null, since: at };
    case 'stopped':
      return { starts_at: null, since: null, consents: recording.consents };
    case 'paused':
      return { ...recording, paused_since: at };
    case 'resumed':
      return { starts_at: recording.starts_at, since: recording.since, consents: recording.consents };
    case 'consented':
      return { ...recording, consents: { ...recording.consents, [event.participant]: event.given } };
    default:
      return assertNever(event);
  }
}
