import { useCallback, useEffect, useState } from 'react';
import type { MeetingId, MinutesDraft, MinutesEdit } from '../../../core/protocol';
import type { Archive } from '../../../io/archive';
import type { Fetched, Tagged } from '../../../io/rest';
import type { Failure } from '../../account/Card';

/** Changes a draft; gives whether it came off. */
export type Change = (edits: readonly MinutesEdit[]) => Promise<boolean>;

/** Does something with the draft as it was seen, and takes what came of it. */
type Act = (deed: (tag: string) => Promise<Fetched<Tagged<MinutesDraft>>>) => Promise<boolean>;

export interface DraftView {
  readonly draft: MinutesDraft | null;
  readonly failure: Failure | null;
  readonly isBusy: boolean;
  /** Somebody else changed it meanwhile; the newer one is shown now. */
  readonly isNewer: boolean;
  readonly reload: () => void;
  readonly change: Change;
  readonly act: Act;
}

/** The draft of a meeting's minutes, and what is done with it. */
export function useDraft(archive: Archive, meeting: MeetingId): DraftView {
  const [tagged, setTagged] = useState<Tagged<MinutesDraft> | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [isNewer, setIsNewer] = useState(false);

  const load = useCallback(async () => {
    const fetched = await archive.draft(meeting);
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') setTagged(fetched.value);
  }, [archive, meeting]);
  useEffect(() => {
    let isCurrent = true;
    void archive.draft(meeting).then((fetched) => {
      if (!isCurrent) return;
      setFailure(fetched.type === 'ok' ? null : fetched);
      if (fetched.type === 'ok') setTagged(fetched.value);
    });
    return () => { isCurrent = false; };
  }, [archive, meeting]);

  const act: Act = async (deed) => {
    if (tagged === null) return false;
    setIsBusy(true);
    setIsNewer(false);
    const fetched = await deed(tagged.tag);
    setIsBusy(false);
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') setTagged(fetched.value);
    if (fetched.type === 'refused' && fetched.code === 'outdated') {
      await load();
      setIsNewer(true);
    }
    return fetched.type === 'ok';
  };
  return {
    draft: tagged?.value ?? null,
    failure,
    isBusy,
    isNewer,
    reload: () => void load(),
    act,
    change: (edits) => act((tag) => archive.edit(meeting, tag, edits)),
  };
}
