import { expect, test } from 'vitest';
import { parseServerMessage } from './parse';

test('known messages pass', () => {
  expect(parseServerMessage('{"type":"pong","nonce":3}')).toEqual({ type: 'pong', nonce: 3 });
});

test.each(['', 'null', '7', '[]', '{', '{"type":7}', '{"type":"vote"}', '{"type":"toString"}'])(
  'what is not known is dropped: %s',
  (text) => {
    expect(parseServerMessage(text)).toBeNull();
  },
);

test('an event of a newer server is dropped, its neighbours stay', () => {
  const text = JSON.stringify({
    type: 'events',
    cursor: 'c',
    events: [
      { at: 1, event: { type: 'vote_opened' } },
      { at: 2, event: { type: 'server_restarted' } },
    ],
  });
  expect(parseServerMessage(text)).toMatchObject({ events: [{ at: 2 }] });
});

test('a code of a newer server has a text here, too', () => {
  expect(parseServerMessage('{"type":"refused","id":1,"code":"voting_closed","detail":""}')).toMatchObject({
    code: 'internal',
  });
});
