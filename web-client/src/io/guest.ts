/** A guest's way in: a link that many may have, and a place of one's own taken with it. */
import type { Invitation } from '../core/protocol';
import { type Fetched, getInvitation, takePlace } from './rest';
import { guestKey, rememberGuestKey } from './storage';

/** An invitation and the token that goes with it. */
export interface Invited {
  readonly invitation: Invitation;
  readonly token: string;
}

/** What a link is for. Whoever took a place with it before gets that one. */
export async function openLink(token: string): Promise<Fetched<Invited>> {
  const key = guestKey(token);
  return key === null ? look(token) : placeOf(token, key);
}

/** Takes a place with a guest's link; asked again, the same one. */
export async function takeGuestPlace(token: string): Promise<Fetched<Invited>> {
  const key = guestKey(token) ?? crypto.randomUUID();
  // Kept first: where the answer is lost, asking again takes no second place.
  rememberGuestKey(token, key);
  return placeOf(token, key);
}

async function placeOf(link: string, key: string): Promise<Fetched<Invited>> {
  const taken = await takePlace(link, key);
  return taken.type === 'ok' ? look(taken.value.token) : taken;
}

async function look(token: string): Promise<Fetched<Invited>> {
  const fetched = await getInvitation(token);
  return fetched.type === 'ok' ? { type: 'ok', value: { invitation: fetched.value, token } } : fetched;
}
