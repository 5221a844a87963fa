import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '../../core/protocol';
import { captureOf, type Wanted } from '../../core/publish';
import { Attendance } from '../../io/attendance';
import { LocalMedia } from '../../io/devices';
import { type Fetched, getInvitation } from '../../io/rest';
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
  const invitation = useInvitation(token);
  if (token === '') {
    return (
      <MessagePage icon="warning" title={t('prejoin.refused_title')} testId="refused">
        {t('prejoin.no_token')}
      </MessagePage>
    );
  }
  switch (invitation?.type) {
    case undefined:
      return <MessagePage icon="stage" title={t('prejoin.checking')} />;
    case 'unreachable':
      return <MessagePage icon="warning" title={t('prejoin.unreachable')} testId="unreachable" />;
    case 'refused':
      return (
        <MessagePage icon="warning" title={t('prejoin.refused_title')} testId="refused">
          {t(`error.${invitation.code}`)}
        </MessagePage>
      );
    case 'ok':
      if (invitation.value.ended !== undefined) return <MeetingOver end={invitation.value.ended} />;
      return <Attending invitation={invitation.value} token={token} {...(atOnce !== undefined && { atOnce })} />;
  }
}

interface AttendingProps {
  readonly invitation: Invitation;
  readonly token: string;
  /** Goes in by itself, with this; a hall's device has nobody to ask. */
  readonly atOnce?: Wanted;
}

function Attending({ invitation, token, atOnce }: AttendingProps) {
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
  return (
    <PreJoinPage
      invitation={invitation}
      token={token}
      media={media}
      onJoin={(name, wanted) => {
        setAttendance(attend(token, name, media, wanted));
      }}
    />
  );
}

function attend(token: string, name: string | null, media: LocalMedia, wanted: Wanted): Attendance {
  return new Attendance({ token, name, instance: crypto.randomUUID() }, media, CAPTURE, wanted);
}

/** The invitation; asked for again for as long as the server cannot be reached. */
function useInvitation(token: string): Fetched<Invitation> | null {
  const [fetched, setFetched] = useState<Fetched<Invitation> | null>(null);
  useEffect(() => {
    if (token === '') return;
    let handle: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    const ask = async () => {
      const answer = await getInvitation(token);
      if (!isCurrent) return;
      setFetched(answer);
      if (answer.type === 'unreachable') handle = setTimeout(() => void ask(), ASK_AGAIN);
    };
    void ask();
    return () => {
      isCurrent = false;
      clearTimeout(handle);
    };
  }, [token]);
  return fetched;
}
