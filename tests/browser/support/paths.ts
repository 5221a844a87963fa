import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The server under test. */
export const DIEMCAU = process.env['DIEMCAU'] ?? `${ROOT}target/debug/diemcau`;

/** A client on the `webrtc` crate; see `tests/support/second-stack.rs`. */
export const SECOND_STACK = `${ROOT}target/debug/examples/second-stack`;

/** Where the servers' logs are kept. */
export const LOGS = `${ROOT}target/browser-tests`;
