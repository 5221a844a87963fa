import { beforeEach, expect, test, vi } from 'vitest';
import { forgetJoined, joinedBefore, preferences, remember, rememberJoined } from './storage';

class MemoryStorage {
  readonly #items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
  removeItem(key: string): void {
    this.#items.delete(key);
  }
}

beforeEach(() => {
  vi.stubGlobal('localStorage', new MemoryStorage());
  vi.stubGlobal('sessionStorage', new MemoryStorage());
});

test('preferences are kept, one beside the other', () => {
  remember({ camera: 'c1' });
  remember({ theme: 'dark' });
  expect(preferences()).toEqual({ camera: 'c1', theme: 'dark' });
});

test('a reload comes back only as the same participant', () => {
  rememberJoined({ participant: 'p1', name: null, microphone: true, camera: false });
  expect(joinedBefore('p1')).toMatchObject({ microphone: true, camera: false });
  expect(joinedBefore('p2')).toBeNull();
  forgetJoined();
  expect(joinedBefore('p1')).toBeNull();
});

test('what cannot be read counts as nothing', () => {
  localStorage.setItem('diemcau.preferences', '{broken');
  expect(preferences()).toEqual({});
});
