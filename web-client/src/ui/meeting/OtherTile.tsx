import { useTranslation } from 'react-i18next';
import { isHeard } from '../../core/meeting';
import type { Participant } from '../../core/protocol';
import type { Session } from '../../io/session';
import { Face } from './Face';
import { NamePlate } from './NamePlate';
import { SlotVideo } from './SlotVideo';
import styles from './Tile.module.css';
import { useAbsence, useShown, useSlot } from './useSlot';

interface Props {
  readonly session: Session;
  readonly participant: Participant;
  readonly mid: string | null;
  readonly isSpeaking: boolean;
}

/**
 * Somebody else. Until the right picture is on the page, the tile shows a
 * face of letters and never somebody else's.
 */
export function OtherTile({ session, participant, mid, isSpeaking }: Props) {
  const { t } = useTranslation();
  const slot = useSlot(session, mid);
  const shown = useShown(slot);
  const absence = useAbsence(session, slot, 'camera');
  const isPicture = shown?.participant === participant.id && shown.kind === 'camera' && absence === null;
  const isAwaited = participant.presence === 'reconnecting';
  return (
    <div
      className={styles.tile}
      data-testid="tile"
      data-participant={isPicture ? shown.participant : ''}
      data-wished={participant.id}
      data-absence={absence ?? ''}
      data-speaking={isSpeaking}
      data-hand={participant.hand_raised_at !== null}
    >
      {!isPicture && (
        <div className={styles.face}>
          <Face name={participant.name} number={participant.number} />
        </div>
      )}
      {slot !== undefined && (
        <SlotVideo session={session} slot={slot} isShown={isPicture} fit="cover" label={participant.name} />
      )}
      {participant.camera && absence !== null && !isAwaited && <p className={styles.absence}>{t(`absence.${absence}`)}</p>}
      {isAwaited && <div className={styles.awaited}>{t('meeting.reconnecting_tile')}</div>}
      <NamePlate
        name={participant.name}
        isOpen={isHeard(participant)}
        hasHand={participant.hand_raised_at !== null}
      />
    </div>
  );
}
