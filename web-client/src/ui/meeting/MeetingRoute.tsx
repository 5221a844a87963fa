import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { captureOf, type Wanted } from '../../core/publish';
import { Attendance } from '../../io/attendance';
import { LocalMedia } from '../../io/devices';
import { type Invited, openLink, takeGuestPlace } from '../../io/guest';
import type { Fetched } from '../../io/rest';
import { joinedBefore } from '../../io/storage';
import { MessagePage } from '../kit/Message';
import { MeetingOver } from './MeetingOver';
import { PreJoinPage } from '../prejoin/PreJoinPage';

/** Fetched while one gets ready. */
const loadMeetingPage = () => import('./MeetingPage');
const MeetingPage = lazy(loadMeetingPage);

/** How soon to ask again for an invitation, in milliseconds. */
const ASK_AGAIN = 2_000;

const CAPTURE = captureOf(location.search);

/** `/m/{meeting}#{token}`: the invitation, then getting ready, then the meeting; `atOnce` goes in by itself. */
export default function MeetingRoute({ token, atOnce }: { readonly token: string; readonly atOnce?: Wanted }) {
  const { t } = useTranslation();
  const [invited, hear] = useInvited(token);
  if (token === '') {
    return (
      <MessagePage icon="warning" title={t('prejoin.refused_title')} testId="refused">
        {t('prejoin.no_token')}
      </MessagePage>
    );
  }
  switch (invited?.type) {
    case undefined:
      return <MessagePage icon="stage" title={t('prejoin.checking')} />;
    case 'unreachable':
      return <MessagePage icon="warning" title={t('prejoin.unreachable')} testId="unreachable" />;
    case 'refused':
      return (
        <MessagePage icon="warning" title={t('prejoin.refused_title')} testId="refused">
          {t(`error.${invited.code}`)}
        </MessagePage>
      );
    case 'ok':
      if (invited.value.invitation.ended !== undefined) return <MeetingOver end={invited.value.invitation.ended} />;
      return <Attending {...invited.value} {...(atOnce !== undefined && { atOnce })} onRefused={hear} />;
  }
}

interface AttendingProps extends Invited {
  /** A guest's link turned out to be good no more. */
  readonly onRefused: (refused: Fetched<never>) => void;
  /** Goes in by itself, with this; a hall's device has nobody to ask. */
  readonly atOnce?: Wanted;
}

function Attending({ invitation, token, atOnce, onRefused }: AttendingProps) {
  const [media] = useState(() => new LocalMedia(CAPTURE));
  // A reload within the meeting goes straight back.
  const [attendance, setAttendance] = useState(() => {
    const before = joinedBefore(invitation.participant);
    if (before !== null) return attend(token, before.name, media, before);
    return atOnce === undefined ? null : attend(token, null, media, atOnce);
  });

  useEffect(() => {
    media.attach();
    void loadMeetingPage();
    return () => {
      media.dispose();
    };
  }, [media]);

  useEffect(() => {
    if (attendance === null) return;
    attendance.attend();
    return () => {
      attendance.dispose();
    };
  }, [attendance]);

  if (attendance !== null) {
    return (
      <Suspense fallback={null}>
        <MeetingPage attendance={attendance} media={media} />
      </Suspense>
    );
  }
  const join = async (name: string | null, wanted: Wanted) => {
    if (invitation.guest !== true) {
      setAttendance(attend(token, name, media, wanted));
      return;
    }
    const taken = await takeGuestPlace(token);
    if (taken.type === 'ok') setAttendance(attend(taken.value.token, name, media, wanted));
    else onRefused(taken);
  };
  return <PreJoinPage invitation={invitation} token={token} media={media} onJoin={(name, wanted) => void join(name, wanted)} />;
}

function attend(token: string, name: string | null, media: LocalMedia, wanted: Wanted): Attendance {
  return new Attendance({ token, name, instance: crypto.randomUUID() }, media, CAPTURE, wanted);
}

type Heard = Fetched<Invited> | null;

/** The invitation, asked for again for as long as the server cannot be reached; and a way to say what else was heard of it. */
function useInvited(token: string): readonly [Heard, (heard: Fetched<never>) => void] {
  const [heard, setHeard] = useState<Heard>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (token === '') return;
    let handle: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    const ask = async () => {
      const answer = await openLink(token);
      if (!isCurrent) return;
      setHeard(answer);
      if (answer.type === 'unreachable') handle = setTimeout(() => void ask(), ASK_AGAIN);
    };
    void ask();
    return () => {
      isCurrent = false;
      clearTimeout(handle);
    };
  }, [token, attempt]);
  const hear = useCallback((said: Fetched<never>) => {
    setHeard(said);
    if (said.type === 'unreachable') setAttempt((before) => before + 1);
  }, []);
  return [heard, hear];
}
