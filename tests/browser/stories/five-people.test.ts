/** Five people meet, and a sixth comes in. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AN_BINH, BEN_TRUC, HA_LAM, HANH, Meeting, NAM, VINH } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
const people: Person[] = [];

beforeAll(async () => {
  meeting = await Meeting.open('five-people');
  for (const name of [HANH, VINH, AN_BINH, HA_LAM, BEN_TRUC]) people.push(await meeting.joined(name));
});

afterAll(() => meeting.close());

it('every one of five sees each of the four others move', async () => {
  for (const person of people) {
    for (const other of people) {
      if (other !== person) await person.sees(other);
    }
  }
});

it('every one of five hears each of the four others', async () => {
  for (const person of people) {
    for (const other of people) {
      if (other !== person) await person.hears(other);
    }
  }
});

it('nobody negotiated more than once', async () => {
  expect(await Promise.all(people.map((person) => person.negotiations()))).toEqual([1, 1, 1, 1, 1]);
});

it('Nam comes in: all five see him, and none of them negotiates again', async () => {
  const nam = await meeting.joined(NAM, { rate: 8 });
  for (const person of people) await person.sees(nam);
  for (const person of people) await nam.sees(person);
  expect(await Promise.all(people.map((person) => person.negotiations()))).toEqual([1, 1, 1, 1, 1]);
  expect(await nam.negotiations()).toBe(1);
});
