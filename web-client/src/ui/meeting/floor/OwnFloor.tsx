import { useTranslation } from 'react-i18next';
import { ownFloor } from '../../../core/procedure/asks';
import { timeLeft } from '../../../core/procedure/timeLeft';
import { Button } from '../../kit/Button';
import { Icon } from '../../kit/Icon';
import { Ring } from '../../kit/Ring';
import { useNow } from '../../useNow';
import { useStore } from '../../useStore';
import type { PartProps } from '../part';
import styles from './OwnFloor.module.css';

/** *You have the floor*: the one thing that cannot be missed. */
export function OwnFloor({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const { session } = attendance;
  const holder = ownFloor(meeting);
  const own = useStore(attendance.own);
  const now = useNow(session, holder !== null && holder.ends_at !== null);
  if (holder === null) return null;
  const left = holder.ends_at === null ? null : holder.ends_at - now;
  const state = holder.overdue || (left !== null && left <= 0) ? 'over' : holder.warned && left !== null ? 'warned' : 'speaking';
  const whole = holder.ends_at === null ? 1 : Math.max(1, holder.ends_at - holder.since);
  return (
    <div className={styles.floor} data-state={state} data-testid="own-floor">
      {left === null ? <Icon name="microphone" size={28} /> : <Ring rest={left / whole} />}
      {left !== null && (
        <span className={styles.time} role="timer" aria-label={t('floor.time_left')} data-testid="own-floor-time">
          {timeLeft(left).text}
        </span>
      )}
      <p className={styles.words} role="alert">
        <strong>{t(state === 'over' ? 'floor.time_up' : state === 'warned' ? 'floor.ending' : 'floor.yours')}</strong>
        {t(own.microphone ? 'floor.microphone_on' : 'floor.microphone_off')}
      </p>
      <div className={styles.actions}>
        {!own.microphone && (
          <Button icon="microphone" label={t('toolbar.microphone_on')} onPress={() => void attendance.setMicrophone(true)} testId="own-floor-microphone" />
        )}
        <Button
          icon="check"
          label={t('floor.give_back')}
          onPress={() => void session.act({ type: 'floor', what: 'give_back' })}
          testId="give-back"
        />
      </div>
    </div>
  );
}
