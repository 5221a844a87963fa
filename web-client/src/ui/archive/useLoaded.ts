import { useCallback, useEffect, useState } from 'react';
import type { Failure } from '../account/Card';
import type { Fetched } from '../../io/rest';

/** What was asked for: not there yet, there, or not to be had. */
export type Loaded<T> = { readonly type: 'loading' } | { readonly type: 'ok'; readonly value: T } | Failure;

/** Asks once, and again on demand; `load` must stay the same for the same question. */
export function useLoaded<T>(load: () => Promise<Fetched<T>>): { readonly loaded: Loaded<T>; readonly reload: () => void } {
  const [asked, setAsked] = useState({ load, times: 1 });
  const [answer, setAnswer] = useState<{ readonly asked: typeof asked; readonly fetched: Fetched<T> } | null>(null);
  if (asked.load !== load) setAsked({ load, times: 1 });
  useEffect(() => {
    let isCurrent = true;
    void asked.load().then((fetched) => {
      if (isCurrent) setAnswer({ asked, fetched });
    });
    return () => { isCurrent = false; };
  }, [asked]);
  const reload = useCallback(() => { setAsked((before) => ({ ...before, times: before.times + 1 })); }, []);
  const loaded = answer === null || answer.asked.load !== load ? ({ type: 'loading' } as const) : answer.fetched;
  return { loaded, reload };
}
