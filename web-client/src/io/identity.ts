/** Accounts over REST: the session is a cookie that no script reads. */
import type {
  ApiTokens,
  CreateApiToken,
  HallDevice,
  Me,
  NewApiToken,
  NewSecondFactor,
  PairDevice,
  PairedDevice,
  PairedDevices,
  RecoveryCodes,
  Sessions,
  SignIn,
  SignInOptions,
  SignedOut,
} from '../core/protocol';
import { ask, type Fetched } from './rest';

/** Where the browser goes to sign in at the provider. */
export const PROVIDER_START = '/api/v1/oidc/start';

export function getSignInOptions(): Promise<Fetched<SignInOptions>> {
  return ask('/api/v1/sign-in', {});
}

export function signIn(said: SignIn): Promise<Fetched<Me>> {
  return post('/api/v1/sign-in', said);
}

export function signOut(): Promise<Fetched<SignedOut>> {
  return post('/api/v1/sign-out', {});
}

/** Sets a password with the secret of an administrator's link. */
export function setFirstPassword(link: string, password: string): Promise<Fetched<undefined>> {
  return post('/api/v1/first-password', { link, password });
}

export function getMe(): Promise<Fetched<Me>> {
  return ask('/api/v1/me', {});
}

export function changePassword(current: string, password: string): Promise<Fetched<undefined>> {
  return post('/api/v1/me/password', { current, password });
}

export function addSecondFactor(): Promise<Fetched<NewSecondFactor>> {
  return post('/api/v1/me/second-factor', {});
}

export function confirmSecondFactor(code: string): Promise<Fetched<RecoveryCodes>> {
  return post('/api/v1/me/second-factor/confirm', { code });
}

export function removeSecondFactor(password: string): Promise<Fetched<undefined>> {
  return post('/api/v1/me/second-factor/remove', { password });
}

export function getSessions(): Promise<Fetched<Sessions>> {
  return ask('/api/v1/me/sessions', {});
}

export function endSession(id: string): Promise<Fetched<undefined>> {
  return ask(`/api/v1/me/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

export function endOtherSessions(): Promise<Fetched<undefined>> {
  return ask('/api/v1/me/sessions', { method: 'DELETE' });
}

export function getTokens(): Promise<Fetched<ApiTokens>> {
  return ask('/api/v1/me/tokens', {});
}

export function createToken(token: CreateApiToken): Promise<Fetched<NewApiToken>> {
  return post('/api/v1/me/tokens', token);
}

export function revokeToken(id: string): Promise<Fetched<undefined>> {
  return ask(`/api/v1/me/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

/** What this hall's device is to do. */
export function getDevice(): Promise<Fetched<HallDevice>> {
  return ask('/api/v1/device', {});
}

/** Asks for a code to show. */
export function askForPairing(): Promise<Fetched<HallDevice>> {
  return post('/api/v1/device/pairing', {});
}

export function getDevices(): Promise<Fetched<PairedDevices>> {
  return ask('/api/v1/devices', {});
}

export function pairDevice(device: PairDevice): Promise<Fetched<PairedDevice>> {
  return post('/api/v1/devices', device);
}

export function revokeDevice(id: string): Promise<Fetched<undefined>> {
  return ask(`/api/v1/devices/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

function post<T>(path: string, body: object): Promise<Fetched<T>> {
  return ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}
