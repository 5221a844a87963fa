import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chatOf, may } from '../../core/meeting';
import { presentCount } from '../../core/roster';
import type { View } from '../../core/geometry';
import type { Attendance } from '../../io/attendance';
import type { LocalMedia } from '../../io/devices';
import { preferences, remember } from '../../io/storage';
import { Brand } from '../kit/Brand';
import { Button } from '../kit/Button';
import { MessagePage } from '../kit/Message';
import { Preferences } from '../kit/Preferences';
import { useStore } from '../useStore';
import { Banner } from './Banner';
import { ChatPanel } from './ChatPanel';
import { Ended } from './Ended';
import { Notices } from './Notices';
import { ParticipantsPanel } from './ParticipantsPanel';
import { Room } from './Room';
import { LobbyPage } from './lobby/LobbyPage';
import { LedStrip } from './documents/LedStrip';
import { ChannelChoice } from './interpretation/ChannelChoice';
import { Strips } from './now/Strips';
import { RecordingSign } from './recording/RecordingSign';
import { TimerSign } from './conduct/TimerSign';
import { SettingsDialog } from './SettingsDialog';
import { Toolbar } from './Toolbar';
import styles from './MeetingPage.module.css';

// What is needed only once something is to be answered or run.
const Cards = lazy(() => import('./now/Cards'));
const DocumentsPanel = lazy(() => import('./documents/DocumentsPanel'));
const ProcedurePanel = lazy(() => import('./procedure/ProcedurePanel'));
const Wall = lazy(() => import('./wall/Wall'));

export type Panel = 'participants' | 'procedure' | 'documents' | 'chat' | null;

/** The meeting, and what is there when it has ended. */
export default function MeetingPage({ attendance, media }: { readonly attendance: Attendance; readonly media: LocalMedia }) {
  const { t } = useTranslation();
  const { phase, closed, end, meeting, lobby } = useStore(attendance.session.view);
  const removal = useStore(attendance.removal);
  const [panel, setPanel] = useState<Panel>(null);
  const [view, setView] = useState<View>(preferences().view ?? 'stage');
  const chooseView = (chosen: View) => {
    setView(chosen);
    remember({ view: chosen });
  };
  const [isSettings, setIsSettings] = useState(false);
  const [isWall, setIsWall] = useState(false);
  // The time of the newest message that was seen.
  const [chatRead, setChatRead] = useState(0);

  if (phase === 'closed' && closed !== null) {
    return (
      <Ended
        reason={closed}
        end={end}
        removal={removal}
        onReturn={() => {
          attendance.start();
        }}
      />
    );
  }
  if (lobby !== null) return <LobbyPage attendance={attendance} lobby={lobby} isOffline={phase !== 'live'} />;
  if (meeting === null) return <MessagePage icon="stage" title={t('meeting.connecting')} testId="connecting" />;

  const { snapshot, you } = meeting;
  const isChatOpen = panel === 'chat';
  const written = chatOf(snapshot);
  const unread = isChatOpen ? [] : written.filter(({ at, from }) => at > chatRead && from !== you.participant);
  const open = (next: Panel) => {
    if (isChatOpen) setChatRead(written.at(-1)?.at ?? 0);
    setPanel(next === panel ? null : next);
  };

  return (
    <div className={styles.page} data-testid="meeting">
      <title>{`${snapshot.meeting.title} – Điểm Cầu`}</title>
      <header className={styles.header}>
        <Brand withName={false} />
        <div className={styles.title}>
          <h1>{snapshot.meeting.title}</h1>
          <p>
            {snapshot.meeting.host_unit} · {t('meeting.present', { count: presentCount(snapshot) })}
          </p>
        </div>
        <div className={styles.signs}>
          <RecordingSign meeting={meeting} />
          <TimerSign attendance={attendance} meeting={meeting} />
        </div>
        <ChannelChoice attendance={attendance} meeting={meeting} />
        {may(meeting, 'mute_others') && (
          <span className={styles.toWall}>
            <Button
              look={isWall ? 'primary' : 'plain'}
              icon="wall"
              label={t(isWall ? 'wall.close' : 'wall.open')}
              aria-label={t(isWall ? 'wall.close' : 'wall.open')}
              onPress={() => { setIsWall(!isWall); }}
              testId="to-wall"
            />
          </span>
        )}
        {!isWall && (
          <Button
            look="quiet"
            iconOnly
            icon={view === 'grid' ? 'stage' : 'grid'}
            label={t(view === 'grid' ? 'meeting.to_stage' : 'meeting.to_grid')}
            onPress={() => { chooseView(view === 'grid' ? 'stage' : 'grid'); }}
            testId="layout"
          />
        )}
        <Preferences />
      </header>
      <Banner attendance={attendance} />
      <Strips attendance={attendance} meeting={meeting} />
      {panel !== 'documents' && <LedStrip meeting={meeting} onOpen={() => { open('documents'); }} />}
      <div className={styles.body}>
        <div className={styles.pictures}>
          {isWall ? (
            <Suspense fallback={null}>
              <Wall attendance={attendance} meeting={meeting} media={media} />
            </Suspense>
          ) : (
            <Room attendance={attendance} media={media} view={view} onMore={() => { if (panel !== 'participants') open('participants'); }} />
          )}
          <Suspense fallback={null}>
            <Cards attendance={attendance} meeting={meeting} />
          </Suspense>
          <Notices attendance={attendance} />
        </div>
        {panel === 'participants' && <ParticipantsPanel attendance={attendance} onClose={() => { open('participants'); }} />}
        {panel === 'procedure' && (
          <Suspense fallback={null}>
            <ProcedurePanel attendance={attendance} onClose={() => { open('procedure'); }} />
          </Suspense>
        )}
        {panel === 'documents' && (
          <Suspense fallback={null}>
            <DocumentsPanel attendance={attendance} onClose={() => { open('documents'); }} />
          </Suspense>
        )}
        {isChatOpen && <ChatPanel attendance={attendance} onClose={() => { open('chat'); }} />}
      </div>
      <Toolbar
        attendance={attendance}
        panel={panel}
        unread={unread.length}
        onPanel={open}
        onSettings={() => { setIsSettings(true); }}
      />
      {isSettings && <SettingsDialog media={media} onClose={() => { setIsSettings(false); }} view={view} onView={chooseView} />}
    </div>
  );
}
