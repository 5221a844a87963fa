import { useEffect, useRef } from 'react';
import styles from './OwnVideo.module.css';

interface Props {
  readonly track: MediaStreamTrack;
  readonly label: string;
  readonly testId?: string;
}

/** Our own camera, as in a mirror. */
export function OwnVideo({ track, label, testId }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = new MediaStream([track]);
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return <video ref={video} className={styles.video} aria-label={label} data-testid={testId} autoPlay muted playsInline />;
}
