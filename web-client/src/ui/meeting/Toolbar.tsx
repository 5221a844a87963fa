import { Button } from 'react-aria-components/Button';
import { Toolbar as AriaToolbar } from 'react-aria-components/Toolbar';
import { useTranslation } from 'react-i18next';
import { may, raisedHands, self } from '../../core/meeting';
import { whyClosed } from '../../core/procedure/asks';
import type { Attendance } from '../../io/attendance';
import { canShareScreen } from '../../io/devices';
import { Icon, type IconName } from '../kit/Icon';
import { useStore } from '../useStore';
import type { Panel } from './MeetingPage';
import styles from './Toolbar.module.css';

interface Props {
  readonly attendance: Attendance;
  readonly panel: Panel;
  readonly unread: number;
  readonly onPanel: (panel: Panel) => void;
  readonly onSettings: () => void;
}

/** Everything that one can do, always at hand. */
export function Toolbar({ attendance, panel, unread, onPanel, onSettings }: Props) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { meeting, phase } = useStore(session.view);
  const own = useStore(attendance.own);
  if (meeting === null) return null;
  const me = self(meeting);
  const isMuted = me?.muted === true;
  const isHandUp = typeof me?.hand_raised_at === 'number';
  const isSharing = own.screen !== null;
  const hands = raisedHands(meeting.snapshot).length;
  const waiting = may(meeting, 'admit') ? meeting.snapshot.procedure.admission.waiting.length : 0;
  const closed = whyClosed(meeting);
  const { documents } = meeting.snapshot.procedure;
  const isOffline = phase !== 'live';
  return (
    <footer className={styles.bar}>
      <AriaToolbar aria-label={t('toolbar.label')} className={styles.tools ?? ''}>
        {may(meeting, 'publish_microphone') && (
          <Tool
            icon={own.microphone ? 'microphone' : 'microphoneOff'}
            text={t('toolbar.microphone')}
            label={t(isMuted ? 'toolbar.microphone_muted' : own.microphone ? 'toolbar.microphone_off' : closed !== null ? `toolbar.microphone_${closed}` : 'toolbar.microphone_on')}
            state={own.microphone ? 'on' : 'off'}
            isDisabled={isMuted}
            onPress={() => void attendance.setMicrophone(!own.microphone)}
            testId="microphone"
          />
        )}
        {may(meeting, 'publish_camera') && (
          <Tool
            icon={own.camera ? 'camera' : 'cameraOff'}
            text={t('toolbar.camera')}
            label={t(own.camera ? 'toolbar.camera_off' : 'toolbar.camera_on')}
            state={own.camera ? 'on' : 'off'}
            onPress={() => void attendance.setCamera(!own.camera)}
            testId="camera"
          />
        )}
        {may(meeting, 'publish_screen') && canShareScreen() && (
          <Tool
            icon="screen"
            text={t('toolbar.share')}
            label={t(isSharing ? 'toolbar.share_off' : 'toolbar.share_on')}
            state={isSharing ? 'active' : 'on'}
            isDisabled={isOffline && !isSharing}
            onPress={() => void attendance.setScreen(!isSharing)}
            testId="share"
          />
        )}
        {may(meeting, 'raise_hand') && (
          <Tool
            icon="hand"
            text={t(isHandUp ? 'toolbar.hand_down' : 'toolbar.hand')}
            label={t(isHandUp ? 'toolbar.hand_down' : 'toolbar.hand_up')}
            state={isHandUp ? 'raised' : 'on'}
            isDisabled={isOffline}
            onPress={() => void session.act({ type: 'set_hand', raised: !isHandUp })}
            testId="hand"
          />
        )}
        <Tool
          icon="agenda"
          text={t(may(meeting, 'conduct') ? 'toolbar.run' : 'toolbar.procedure')}
          label={waiting > 0 ? t('toolbar.procedure_waiting', { count: waiting }) : t(may(meeting, 'conduct') ? 'procedure.run_title' : 'procedure.title')}
          state={panel === 'procedure' ? 'active' : 'on'}
          badge={waiting}
          isHandBadge
          onPress={() => { onPanel('procedure'); }}
          testId="procedure"
        />
        {(may(meeting, 'manage_documents') || documents.list.length > 0) && (
          <Tool
            icon="document"
            text={t('toolbar.documents')}
            label={documents.led === null ? t('toolbar.documents') : t('toolbar.documents_led')}
            state={panel === 'documents' ? 'active' : 'on'}
            onPress={() => { onPanel('documents'); }}
            testId="documents"
          />
        )}
        <Tool
          icon="chat"
          text={t('toolbar.chat')}
          label={unread > 0 ? t('toolbar.chat_unread', { count: unread }) : t('toolbar.chat')}
          state={panel === 'chat' ? 'active' : 'on'}
          badge={unread}
          onPress={() => { onPanel('chat'); }}
          testId="chat"
        />
        <Tool
          icon="people"
          text={t('toolbar.participants')}
          label={hands > 0 ? t('toolbar.participants_hands', { count: hands }) : t('toolbar.participants')}
          state={panel === 'participants' ? 'active' : 'on'}
          badge={hands}
          isHandBadge
          onPress={() => { onPanel('participants'); }}
          testId="participants"
        />
        <Tool icon="settings" text={t('toolbar.settings')} label={t('toolbar.settings')} state="on" onPress={onSettings} testId="settings" />
        <Tool
          icon="leave"
          text={t('toolbar.leave')}
          label={t('toolbar.leave')}
          state="danger"
          onPress={() => { attendance.leave(); }}
          testId="leave"
        />
      </AriaToolbar>
    </footer>
  );
}

interface ToolProps {
  readonly icon: IconName;
  readonly text: string;
  /** What a press does; read out. */
  readonly label: string;
  readonly state: 'on' | 'off' | 'active' | 'raised' | 'danger';
  readonly badge?: number;
  readonly isHandBadge?: boolean;
  readonly isDisabled?: boolean;
  readonly onPress: () => void;
  readonly testId: string;
}

function Tool({ icon, text, label, state, badge = 0, isHandBadge = false, isDisabled = false, onPress, testId }: ToolProps) {
  return (
    <Button
      className={styles.tool ?? ''}
      aria-label={label}
      isDisabled={isDisabled}
      onPress={onPress}
      data-state={state}
      data-testid={`tool-${testId}`}
    >
      <span className={styles.icon}>
        <Icon name={icon} size={24} />
        {badge > 0 && <span aria-hidden="true" data-count={badge} className={isHandBadge ? styles.hands : styles.badge} />}
      </span>
      <span className={styles.text}>{text}</span>
    </Button>
  );
}
