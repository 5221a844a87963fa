/** What has no place in the browser's API and is therefore written into the session description. */

/**
 * The server's answer, with which our Opus encoder repairs losses by itself
 * and sends next to nothing while nobody speaks (`useinbandfec`, `usedtx`;
 * RFC 7587 §6.1). They are wishes of the receiver of a sound: here of the
 * server, for the m-lines on which it receives.
 */
export function tuneSound(answer: string): string {
  const [session = '', ...media] = answer.split(/(?=^m=)/m);
  return [session, ...media.map((section) => (isSoundToServer(section) ? tuned(section) : section))].join('');
}

function isSoundToServer(section: string): boolean {
  return section.startsWith('m=audio ') && /^a=recvonly\r?$/m.test(section);
}

function tuned(section: string): string {
  const payload = /^a=rtpmap:(\d+) opus\/48000/im.exec(section)?.[1];
  if (payload === undefined) return section;
  const format = new RegExp(`^a=fmtp:${payload} ([^\\r\\n]*)`, 'm');
  const found = format.exec(section)?.[1];
  if (found === undefined) {
    return section.replace(/^(a=rtpmap:\d+ opus\/48000[^\r\n]*)(\r?\n)/im, `$1$2a=fmtp:${payload} useinbandfec=1;usedtx=1$2`);
  }
  const kept = found.split(';').filter((part) => !/^\s*(useinbandfec|usedtx)=/.test(part));
  return section.replace(format, `a=fmtp:${payload} ${[...kept, 'useinbandfec=1', 'usedtx=1'].join(';')}`);
}
