import { useState } from 'react';
import { Archive } from '../../io/archive';
import { ListPage } from './ListPage';
import { RecordingPage } from './RecordingPage';

interface Props {
  /** Which archive; the list without one. */
  readonly meeting: string | null;
  /** A token or invitation from the address; empty where the session says who asks. */
  readonly token: string;
}

/** `/archive` and `/archive/{meeting}`: what meetings left behind. */
export default function ArchivePage({ meeting, token }: Props) {
  const [archive] = useState(() => new Archive(token));
  return meeting === null ? <ListPage archive={archive} token={token} /> : <RecordingPage archive={archive} token={token} meeting={meeting} />;
}
