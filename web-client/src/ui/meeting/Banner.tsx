import { useTranslation } from 'react-i18next';
import { self } from '../../core/meeting';
import type { Attendance } from '../../io/attendance';
import { Button } from '../kit/Button';
import { Icon } from '../kit/Icon';
import { useStore } from '../useStore';
import styles from './Banner.module.css';

/** What everybody has to know about their own line: lost, muted, without sound. */
export function Banner({ attendance }: { readonly attendance: Attendance }) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { phase, health, meeting, line } = useStore(session.view);
  const isBlocked = useStore(session.sounds.blocked);
  const own = meeting === null ? undefined : self(meeting);

  const state =
    phase === 'reconnecting' ? 'reconnecting' : health === 'broken' ? 'media' : own?.muted === true ? 'muted' : 'none';
  return (
    <>
      <div role="status" data-testid="banner" data-state={state}>
        {state !== 'none' && (
          <div className={state === 'muted' ? styles.note : styles.warning}>
            <Icon name={state === 'muted' ? 'microphoneOff' : 'warning'} size={20} />
            <p>{t(`banner.${state}`)}</p>
          </div>
        )}
      </div>
      <div role="status" data-testid="line" data-quality={line}>
        {line === 'sound_only' && (state === 'none' || state === 'muted') && (
          <div className={styles.note}>
            <Icon name="bars" size={20} />
            <p>{t('banner.sound_only')}</p>
          </div>
        )}
      </div>
      {isBlocked && (
        <div className={styles.note} role="alert">
          <Icon name="speaker" size={20} />
          <p>{t('meeting.sound_blocked')}</p>
          <Button look="primary" label={t('meeting.enable_sound')} onPress={() => { session.sounds.unblock(); }} testId="enable-sound" />
        </div>
      )}
    </>
  );
}
