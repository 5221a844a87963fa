import { useTranslation } from 'react-i18next';
import { Icon } from '../kit/Icon';
import styles from './NamePlate.module.css';

interface Props {
  readonly name: string;
  readonly isOpen: boolean;
  readonly hasHand: boolean;
}

/** Under a picture: whose it is, whether they can be heard, whether a hand is up. */
export function NamePlate({ name, isOpen, hasHand }: Props) {
  const { t } = useTranslation();
  return (
    <div className={styles.plate}>
      {hasHand && (
        <span className={styles.hand} role="img" aria-label={t('meeting.hand_up')} data-testid="hand-raised">
          <Icon name="hand" size={16} />
        </span>
      )}
      <span className={styles.name} data-testid="tile-name">
        {name}
      </span>
      <span
        className={isOpen ? styles.open : styles.closed}
        role="img"
        aria-label={isOpen ? t('participants.microphone_on') : t('participants.microphone_off')}
      >
        <Icon name={isOpen ? 'microphone' : 'microphoneOff'} size={15} />
      </span>
    </div>
  );
}
