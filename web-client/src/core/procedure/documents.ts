/** Documents: what is known of them, and the page that somebody leads to. */
import { assertNever } from '../assertNever';
import type { Document, Documents, DocumentsEvent, LedPage } from '../protocol';

export function applyDocuments(documents: Documents, at: number, event: DocumentsEvent): Documents {
  switch (event.what) {
    case 'added': {
      const { number, title, item, access, withdraw_at_end, file, by } = event;
      const document: Document = {
        number,
        title,
        item,
        access,
        withdraw_at_end,
        withdrawn: false,
        versions: [{ version: 1, file, at, by }],
      };
      return {
        ...documents,
        numbered: Math.max(documents.numbered, number),
        list: [...documents.list, document],
      };
    }
    case 'revised': {
      const { version, file, by } = event;
      return change(documents, event.number, ({ versions }) => ({ versions: [...versions, { version, file, at, by }] }));
    }
    case 'changed': {
      const { title, item, access, withdraw_at_end } = event;
      return change(documents, event.number, () => ({ title, item, access, withdraw_at_end }));
    }
    case 'withdrawn':
      return {
        ...documents,
        list: documents.list.map((document) =>
          event.numbers.includes(document.number) ? { ...document, withdrawn: true } : document,
        ),
      };
    case 'led':
      return { ...documents, led: event.page };
    case 'lead_ended':
      return { ...documents, led: null };
    default:
      return assertNever(event);
  }
}

/** Where somebody is in a document. */
export type Place = Pick<LedPage, 'number' | 'version' | 'page'>;

/**
 * What a reader looks at: the page of whoever leads, or its own where nobody
 * leads or it went free. Coming back is to be free no longer.
 */
export function placeOf(documents: Documents, own: Place | null, free: boolean): Place | null {
  return free || documents.led === null ? own : documents.led;
}

function change(documents: Documents, number: number, how: (document: Document) => Partial<Document>): Documents {
  return {
    ...documents,
    list: documents.list.map((document) => (document.number === number ? { ...document, ...how(document) } : document)),
  };
}
