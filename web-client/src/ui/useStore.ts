import { useSyncExternalStore } from 'react';
import type { Store } from '../core/store';

/** Draws a store's value. Updates are synchronous: what a frame callback sets is in the same frame. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
