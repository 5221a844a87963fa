import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import en from './en.json';
import vi from './vi.json';

type Tree = { readonly [key: string]: string | Tree };

function keysOf(tree: Tree, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${prefix}${key}`] : keysOf(value, `${prefix}${key}.`),
  );
}

function textsOf(tree: Tree): string[] {
  return Object.values(tree).flatMap((value) => (typeof value === 'string' ? [value] : textsOf(value)));
}

/** The members of a union of string literals in the generated types. */
function membersOf(name: string): string[] {
  const source = readFileSync(new URL('../../core/protocol.ts', import.meta.url), 'utf8');
  const union = new RegExp(`export type ${name} = ([^;]+);`).exec(source)?.[1] ?? '';
  return [...union.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
}

test('both dictionaries have the same keys, and no empty text', () => {
  expect(keysOf(en)).toEqual(keysOf(vi));
  expect([...textsOf(en), ...textsOf(vi)].filter((text) => text.trim() === '')).toEqual([]);
});

test('both dictionaries fill the same places in each text', () => {
  const places = (tree: Tree) => textsOf(tree).map((text) => [...text.matchAll(/{{\w+}}/g)].map(String).sort());
  expect(places(en)).toEqual(places(vi));
});

test.each([
  ['ErrorCode', vi.error],
  ['Role', vi.role],
  ['ParticipantKind', vi.kind],
])('every %s has a text', (name, texts) => {
  const members = membersOf(name);
  expect(members.length).toBeGreaterThan(2);
  expect(Object.keys(texts).sort()).toEqual(members.sort());
});
