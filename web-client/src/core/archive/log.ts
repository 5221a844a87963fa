/** The event log of an archive (`events.jsonl`): when in the recording each event was. */

/** The moments of events by their numbers, in milliseconds of the recording; what was before it, or cannot be read, is left out. */
export function momentsOf(text: string, beganAt: number): ReadonlyMap<number, number> {
  const moments = new Map<number, number>();
  for (const line of text.split('\n')) {
    const envelope = envelopeOf(line);
    if (envelope !== null && envelope.at >= beganAt) moments.set(envelope.seq, envelope.at - beganAt);
  }
  return moments;
}

/** A line holds the bytes that were hashed, and they hold the event. */
function envelopeOf(line: string): { readonly seq: number; readonly at: number } | null {
  try {
    const { bytes } = JSON.parse(line) as { readonly bytes: string };
    const { seq, at } = JSON.parse(bytes) as { readonly seq: unknown; readonly at: unknown };
    return typeof seq === 'number' && typeof at === 'number' ? { seq, at } : null;
  } catch {
    return null;
  }
}
