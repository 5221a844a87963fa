/** What the check of an archive found, file by file. */
import type { ArchivedFile, ArchiveFinding, ArchiveManifest, ArchiveVerification } from '../protocol';

/** A file, and what does not hold about it. */
export interface CheckedFile {
  readonly path: string;
  /** In bytes, as it was signed; absent for a file that was not. */
  readonly size: number | null;
  readonly findings: readonly ArchiveFinding[];
}

/** What a file is for, for those who look for one. */
type FileUse = 'programme' | 'log' | 'minutes' | 'track' | 'document' | 'proof' | 'other';

/** The name under which a file lies in the archive. */
function storedAs({ path, encrypted }: ArchivedFile): string {
  return encrypted === undefined ? path : `${path}.age`;
}

/** Every file that was signed, then whatever else was found. Those with faults come first. */
export function checkedFiles(manifest: ArchiveManifest, { findings }: ArchiveVerification): readonly CheckedFile[] {
  const signed = new Set(manifest.files.flatMap((file) => [file.path, storedAs(file)]));
  const strangers = [...new Set(findings.map(({ file }) => file))].filter((file) => !signed.has(file));
  const all = [
    ...manifest.files.map((signedFile) => ({
      path: signedFile.path,
      size: signedFile.size,
      findings: findings.filter(({ file }) => file === signedFile.path || file === storedAs(signedFile)),
    })),
    ...strangers.map((path) => ({ path, size: null, findings: findings.filter(({ file }) => file === path) })),
  ];
  return all.sort((a, b) => Number(b.findings.length > 0) - Number(a.findings.length > 0));
}

/** By its name, as archives are laid out. */
function useOf(path: string): FileUse {
  if (/^programme(\.|-|_)/.test(path) || path === 'recording.json' || path.endsWith('.m3u8')) return 'programme';
  if (path === 'events.jsonl') return 'log';
  if (/^minutes[./-]/.test(path)) return 'minutes';
  if (path.startsWith('tracks/')) return 'track';
  if (path.startsWith('documents/')) return 'document';
  return /^manifest\./.test(path) ? 'proof' : 'other';
}

/** In the order in which people look for them. */
const USES: readonly FileUse[] = ['programme', 'minutes', 'document', 'track', 'log', 'proof', 'other'];

/** The files by what they are for; uses without files are left out. */
export function filesByUse(files: readonly ArchivedFile[]): readonly { readonly use: FileUse; readonly files: readonly ArchivedFile[] }[] {
  return USES.map((use) => ({ use, files: files.filter(({ path }) => useOf(path) === use) })).filter((group) => group.files.length > 0);
}

/** `1,4 GB`, `12 MB`, `340 KB`, in the way of the language. */
export function sizeText(bytes: number, language: string): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;
  let [value, unit] = [bytes, 0];
  while (value >= 1_000 && unit < units.length - 1) [value, unit] = [value / 1_000, unit + 1];
  const digits = value < 10 && unit > 0 ? 1 : 0;
  return `${value.toLocaleString(language, { maximumFractionDigits: digits })} ${units[unit]}`;
}
