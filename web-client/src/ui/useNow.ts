import { useEffect, useState } from 'react';
import type { Session } from '../io/session';

/** So often a running time is drawn, in milliseconds. */
const TICK = 250;

/** The meeting's time, drawn again while something runs. In milliseconds since 1970 UTC. */
export function useNow(session: Session, isRunning: boolean): number {
  const [now, setNow] = useState(() => session.clock.now(Date.now()));
  useEffect(() => {
    if (!isRunning) return;
    const tell = () => { setNow(session.clock.now(Date.now())); };
    tell();
    const handle = setInterval(tell, TICK);
    return () => { clearInterval(handle); };
  }, [session, isRunning]);
  return now;
}
