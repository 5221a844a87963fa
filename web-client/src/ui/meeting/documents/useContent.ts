import { useEffect, useState } from 'react';
import type { DocumentFile } from '../../../core/protocol';
import type { Attendance } from '../../../io/attendance';
import type { Fetched } from '../../../io/rest';
import type { PDFDocumentProxy } from './pdf';

/** What is in a file, as far as a page can show it. */
type Content =
  | { readonly type: 'pdf'; readonly pdf: PDFDocumentProxy; readonly url: string }
  | { readonly type: 'picture' | 'other'; readonly url: string }
  | { readonly type: 'text'; readonly text: string; readonly url: string };

export type Opened = { readonly type: 'loading' } | { readonly type: 'broken' } | Exclude<Fetched<Content>, { type: 'ok' }> | { readonly type: 'ok'; readonly value: Content };

/** Opens a version of a document; another one in its place closes it. */
export function useContent(attendance: Attendance, number: number, version: number, kind: DocumentFile['kind']): Opened {
  const [opened, setOpened] = useState<Opened>({ type: 'loading' });
  useEffect(() => {
    const given = new AbortController();
    let url = '';
    let close = () => {};
    const open = async (): Promise<Opened> => {
      const fetched = await attendance.documents.open(number, version, given.signal);
      if (fetched.type !== 'ok' || given.signal.aborted) return fetched.type === 'ok' ? { type: 'loading' } : fetched;
      url = URL.createObjectURL(fetched.value);
      if (kind === 'text') return { type: 'ok', value: { type: 'text', text: await fetched.value.text(), url } };
      if (kind === 'png' || kind === 'jpeg' || kind === 'webp') return { type: 'ok', value: { type: 'picture', url } };
      if (kind !== 'pdf') return { type: 'ok', value: { type: 'other', url } };
      const { openPdf } = await import('./pdf');
      const pdf = await openPdf(fetched.value);
      close = () => void pdf.destroy();
      return { type: 'ok', value: { type: 'pdf', pdf, url } };
    };
    open().then(
      (found) => {
        if (given.signal.aborted) close();
        else setOpened(found);
      },
      () => { setOpened({ type: 'broken' }); },
    );
    return () => {
      given.abort();
      close();
      URL.revokeObjectURL(url);
      setOpened({ type: 'loading' });
    };
  }, [attendance, number, version, kind]);
  return opened;
}
