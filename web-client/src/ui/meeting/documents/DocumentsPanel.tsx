import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { type Place, placeOf } from '../../../core/procedure/documents';
import type { Document } from '../../../core/protocol';
import type { Attendance } from '../../../io/attendance';
import { useStore } from '../../useStore';
import { SidePanel } from '../SidePanel';
import { DocumentDialog } from './DocumentDialog';
import { DocumentShelf } from './DocumentShelf';
import { Reader } from './Reader';

/** The documents of the meeting: all of them, or one that is read. */
export default function DocumentsPanel({ attendance, onClose }: { readonly attendance: Attendance; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { meeting } = useStore(attendance.session.view);
  const documents = meeting?.snapshot.procedure.documents;
  // Whoever opens the panel while somebody leads wants to see that page.
  const [isFree, setIsFree] = useState(false);
  const [own, setOwn] = useState<Place | null>(null);
  const [edited, setEdited] = useState<Document | 'new' | null>(null);
  if (meeting === null || documents === undefined) return null;
  const place = placeOf(documents, own, isFree);
  const read = documents.list.find(({ number, withdrawn }) => number === place?.number && !withdrawn);
  const go = (to: Place | null) => {
    setIsFree(true);
    setOwn(to);
  };
  const props = { attendance, meeting };
  return (
    <SidePanel title={t('documents.title')} onClose={onClose} isWide={read !== undefined} testId="documents-panel">
      {place !== null && read !== undefined ? (
        <Reader
          {...props}
          document={read}
          place={place}
          isFree={isFree}
          onPage={(page) => { go({ ...place, page }); }}
          onFollow={() => { setIsFree(false); }}
          onBack={() => { go(null); }}
        />
      ) : (
        <DocumentShelf
          {...props}
          onOpen={({ number, versions }, version = versions.at(-1)?.version ?? 1) => { go({ number, version, page: 1 }); }}
          onEdit={setEdited}
          onFollow={documents.led === null ? null : () => { setIsFree(false); }}
        />
      )}
      {edited !== null && may(meeting, 'manage_documents') && (
        <DocumentDialog {...props} document={edited === 'new' ? null : edited} onClose={() => { setEdited(null); }} />
      )}
    </SidePanel>
  );
}
