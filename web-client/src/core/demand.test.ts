import { expect, test } from 'vitest';
import { ALL_WANTED, type Demand, type DemandInput, isEncoded, stepDemand } from './demand';

const RIDS = ['q', 'h', 'f'];

function run(inputs: readonly DemandInput[], from: Demand = ALL_WANTED) {
  let state = from;
  let kinds: readonly string[] = [];
  for (const input of inputs) {
    const [next, effects] = stepDemand(state, input);
    state = next;
    kinds = effects.map(({ type }) => type);
  }
  return { state, kinds, on: RIDS.filter((rid) => isEncoded(state, '1', rid)).join('') };
}

const wanted = (...rids: string[]): DemandInput => ({
  type: 'wanted',
  sources: [{ mid: '1', wanted: rids.length > 0, rids }],
});
const timer: DemandInput = { type: 'timer' };

test('before the server has said anything, everything is encoded', () => {
  expect(run([]).on).toBe('qhf');
  expect(isEncoded(ALL_WANTED, '2', undefined)).toBe(true);
});

test('a layer that nobody wants is switched off after a while', () => {
  const told = run([wanted('q', 'h')]);
  expect([told.on, told.kinds]).toEqual(['qhf', ['set_timer', 'tune']]);
  const later = run([timer], told.state);
  expect([later.on, later.kinds]).toEqual(['qh', ['tune']]);
});

test('a layer that is wanted is switched on at once', () => {
  const little = run([wanted('q'), timer]);
  expect(little.on).toBe('q');
  const more = run([wanted('q', 'f')], little.state);
  expect([more.on, more.kinds]).toEqual(['qf', ['clear_timer', 'tune']]);
});

test('a change of mind within the while switches nothing', () => {
  const little = run([wanted('q', 'h'), timer]);
  const back = run([wanted('q'), wanted('q', 'h')], little.state);
  expect([back.on, back.kinds]).toEqual(['qh', ['clear_timer']]);
});

test('a picture that nobody wants is not encoded at all, until somebody does', () => {
  const none = run([wanted('q'), timer, wanted(), timer]);
  expect(none.on).toBe('');
  expect(isEncoded(none.state, '1', undefined)).toBe(false);
  expect(run([wanted('h')], none.state).on).toBe('h');
});

test('one layer gives way to another: both for a while', () => {
  const full = run([wanted('f'), timer]);
  const both = run([wanted('q')], full.state);
  expect(both.on).toBe('qf');
  expect(run([timer], both.state).on).toBe('q');
});

test('without simulcast there is one encoding', () => {
  const told = run([{ type: 'wanted', sources: [{ mid: '1', wanted: true, rids: [] }] }, timer]);
  expect(isEncoded(told.state, '1', undefined)).toBe(true);
  expect(told.on).toBe('qhf');
});

test('another media connection begins with everything', () => {
  expect(run([wanted('q'), timer, { type: 'new_session' }]).on).toBe('qhf');
});
