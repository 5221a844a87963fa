import { useEffect, useRef } from 'react';
import type { Session } from '../../io/session';
import { watchFrames } from '../../io/frames';
import type { Slot } from '../../io/peer';
import { useStore } from '../useStore';
import styles from './SlotVideo.module.css';

interface Props {
  readonly session: Session;
  readonly slot: Slot;
  /** Whether the picture on it is the right one; else it is there, but not to be seen. */
  readonly isShown: boolean;
  /** A face fills its tile; a stage is seen whole. */
  readonly fit: 'cover' | 'contain';
  readonly label: string;
}

/** The picture in a slot. Sound is played apart from it. */
export function SlotVideo({ session, slot, isShown, fit, label }: Props) {
  const stream = useStore(slot.stream);
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = stream;
    if (stream === null) return;
    return watchFrames(element, slot, () => session.view.get().meeting?.snapshot.participants ?? []);
  }, [session, slot, stream]);

  return (
    <video
      ref={video}
      className={styles[fit]}
      data-mid={slot.mid}
      data-shown={isShown}
      aria-label={label}
      autoPlay
      muted
      playsInline
    />
  );
}
