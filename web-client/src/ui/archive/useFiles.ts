import { useCallback, useEffect, useState } from 'react';
import type { MeetingId, RecordedPart } from '../../core/protocol';
import { type Archive, fileAddress } from '../../io/archive';

/**
 * Where the player finds the parts of a programme. With a session the player
 * fetches them by itself; with a token in the address it cannot, so they are
 * fetched first.
 */
export function useFiles(
  archive: Archive,
  meeting: MeetingId,
  parts: readonly RecordedPart[],
): { readonly addressOf: (file: string) => string; readonly progress: number | null } {
  const [fetched, setFetched] = useState<ReadonlyMap<string, string>>(new Map());
  const [progress, setProgress] = useState<number | null>(archive.isByCookie || parts.length === 0 ? null : 0);
  useEffect(() => {
    if (archive.isByCookie) return;
    const stop = new AbortController();
    const addresses = new Map<string, string>();
    const all = async () => {
      for (const [index, { file }] of parts.entries()) {
        const blob = await archive.blob(fileAddress(meeting, file), (part) => { setProgress((index + part) / parts.length); }, stop.signal);
        if (stop.signal.aborted) return;
        if (blob.type === 'ok') addresses.set(file, URL.createObjectURL(blob.value));
      }
      setFetched(addresses);
      setProgress(null);
    };
    void all();
    return () => {
      stop.abort();
      for (const address of addresses.values()) URL.revokeObjectURL(address);
    };
  }, [archive, meeting, parts]);
  const addressOf = useCallback((file: string) => fetched.get(file) ?? fileAddress(meeting, file), [fetched, meeting]);
  return { addressOf, progress };
}
