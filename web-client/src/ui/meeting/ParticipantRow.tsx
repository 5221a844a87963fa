import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { useTranslation } from 'react-i18next';
import { isHeard, type Meeting } from '../../core/meeting';
import type { Participant } from '../../core/protocol';
import type { Attendance } from '../../io/attendance';
import { Icon, type IconName } from '../kit/Icon';
import { RemoveDialog } from './admission/RemoveDialog';
import { RenameDialog } from './admission/RenameDialog';
import { actionsOn, type RowAction } from './rowActions';
import styles from './ParticipantRow.module.css';

interface Props {
  readonly attendance: Attendance;
  readonly meeting: Meeting;
  readonly participant: Participant;
  readonly isSpeaking: boolean;
}

/** One line of the list: who, from where, with what on. */
export function ParticipantRow({ attendance, meeting, participant, isSpeaking }: Props) {
  const { t } = useTranslation();
  const isYou = participant.id === meeting.you.participant;
  const isOnStage = meeting.snapshot.stage.source?.participant === participant.id;
  const isOpen = isHeard(participant);
  const actions = actionsOn(participant, meeting);
  const [dialog, setDialog] = useState<'rename' | 'remove' | null>(null);
  const person = { attendance, participant: participant.id, name: participant.name, onClose: () => { setDialog(null); } };
  const act = ({ deed }: RowAction) => {
    if (typeof deed === 'string') setDialog(deed);
    else void attendance.session.act(deed);
  };
  return (
    <li
      className={styles.row}
      data-testid="participant"
      data-participant={participant.id}
      data-presence={participant.presence}
      data-microphone={isOpen}
      data-camera={participant.camera}
      data-muted={participant.muted}
      data-hand={participant.hand_raised_at !== null}
      data-speaking={isSpeaking}
    >
      <div className={styles.who}>
        <p className={styles.name}>{isYou ? t('meeting.name_you', { name: participant.name }) : participant.name}</p>
        <p className={styles.role}>
          {t(`role.${participant.role}`)}
          {participant.unit !== null && ` · ${participant.unit}`}
        </p>
        {participant.presence === 'reconnecting' && <p className={styles.awaited}>{t('participants.reconnecting')}</p>}
      </div>
      <div className={styles.signs}>
        {isOnStage && <Sign icon="stage" label={t('participants.on_stage')} tone="brand" />}
        {participant.screen && <Sign icon="screen" label={t('participants.sharing')} tone="brand" />}
        {meeting.snapshot.procedure.floor.holders.some((holder) => holder.participant === participant.id) && (
          <Sign icon="gavel" label={t('participants.has_floor')} tone="good" />
        )}
        {participant.hand_raised_at !== null && <Sign icon="hand" label={t('meeting.hand_up')} tone="hand" />}
        <Sign
          icon={participant.camera ? 'camera' : 'cameraOff'}
          label={t(participant.camera ? 'participants.camera_on' : 'participants.camera_off')}
          tone="plain"
        />
        <Sign
          icon={isOpen ? 'microphone' : 'microphoneOff'}
          label={t(
            participant.muted
              ? 'participants.microphone_muted'
              : isSpeaking && isOpen
                ? 'participants.speaking'
                : isOpen
                  ? 'participants.microphone_on'
                  : 'participants.microphone_off',
          )}
          tone={participant.muted ? 'danger' : isSpeaking && isOpen ? 'good' : 'plain'}
        />
      </div>
      {actions.length > 0 && (
        <MenuTrigger>
          <AriaButton
            className={styles.menuButton ?? ''}
            aria-label={t('participants.actions', { name: participant.name })}
            data-testid="participant-actions"
          >
            <Icon name="more" size={20} />
          </AriaButton>
          <Popover className={styles.popover ?? ''} placement="left top">
            <Menu className={styles.menu ?? ''}>
              {actions.map((action) => {
                const { id, icon } = action;
                return (
                <MenuItem
                  key={id}
                  id={id}
                  className={styles.item ?? ''}
                  textValue={t(`participants.${id}`)}
                  onAction={() => { act(action); }}
                  data-testid={`action-${id}`}
                >
                  <Icon name={icon} size={20} />
                  {t(`participants.${id}`)}
                </MenuItem>
                );
              })}
            </Menu>
          </Popover>
        </MenuTrigger>
      )}
      {dialog === 'rename' && <RenameDialog {...person} />}
      {dialog === 'remove' && <RemoveDialog {...person} />}
    </li>
  );
}

interface SignProps {
  readonly icon: IconName;
  readonly label: string;
  readonly tone: 'plain' | 'brand' | 'hand' | 'danger' | 'good';
}

function Sign({ icon, label, tone }: SignProps) {
  return (
    <span className={styles.sign} data-tone={tone} role="img" aria-label={label} title={label}>
      <Icon name={icon} size={18} />
    </span>
  );
}
