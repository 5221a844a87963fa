/** The address of a page of the archive; the secret stays in the fragment. */
export function pageOf(meeting: string | null, token: string, at?: number): string {
  const path = meeting === null ? '/archive' : `/archive/${encodeURIComponent(meeting)}`;
  return `${path}${at === undefined ? '' : `?t=${Math.floor(at / 1_000)}`}${token === '' ? '' : `#${encodeURIComponent(token)}`}`;
}
