import { useEffect, useState } from 'react';
import { type Absence, absenceOf } from '../../core/line';
import type { SourceKind, SourceRef } from '../../core/protocol';
import { Store } from '../../core/store';
import type { Slot } from '../../io/peer';
import type { Session } from '../../io/session';
import { useStore } from '../useStore';

const NOTHING = new Store<SourceRef | null>(null);
const NEVER = new Store(false);

/** The slot with this mid, in the current peer connection. */
export function useSlot(session: Session, mid: string | null): Slot | undefined {
  const peer = useStore(session.peer);
  return mid === null ? undefined : peer?.slot(mid);
}

/** Whose picture is on the page in a slot. Changes in the same frame as the picture. */
export function useShown(slot: Slot | undefined): SourceRef | null {
  return useStore(slot?.shown ?? NOTHING);
}

/** What the server said that a slot shows; the picture follows a moment later. */
export function useTold(slot: Slot | undefined): SourceRef | null {
  return useStore(slot?.told ?? NOTHING);
}

/** Why the picture in a slot is not to be seen, though its source has one. */
export function useAbsence(session: Session, slot: Slot | undefined, kind: SourceKind): Absence | null {
  const { line } = useStore(session.view);
  const isStalled = useStore(slot?.stalled ?? NEVER);
  return slot === undefined ? null : absenceOf(line, isStalled, kind);
}

/** True once `isPending` has been true for so many milliseconds. */
export function useOverdue(isPending: boolean, patience: number): boolean {
  const [isOverdue, setIsOverdue] = useState(false);
  useEffect(() => {
    if (!isPending) return;
    const handle = setTimeout(() => {
      setIsOverdue(true);
    }, patience);
    return () => {
      clearTimeout(handle);
      setIsOverdue(false);
    };
  }, [isPending, patience]);
  return isPending && isOverdue;
}
