import { useTranslation } from 'react-i18next';
import type { LobbyView } from '../../../core/protocol';
import type { Attendance } from '../../../io/attendance';
import { Button } from '../../kit/Button';
import { Icon } from '../../kit/Icon';
import { Page } from '../../kit/Page';
import { useTimeOfDay } from '../part';
import styles from './LobbyPage.module.css';

interface Props {
  readonly attendance: Attendance;
  readonly lobby: LobbyView;
  /** The line is lost for the moment. */
  readonly isOffline: boolean;
}

/** Before one is let in: where one is, as whom, and what is coming. */
export function LobbyPage({ attendance, lobby, isOffline }: Props) {
  const { t } = useTranslation();
  const timeOfDay = useTimeOfDay();
  const { meeting, agenda, you } = lobby;
  return (
    <Page narrow>
      <title>{`${meeting.title} – Điểm Cầu`}</title>
      <div className={styles.lobby} data-testid="lobby">
        <div className={styles.title}>
          <h1>{meeting.title}</h1>
          <p>{t('start.hosted_by', { unit: meeting.host_unit })}</p>
        </div>
        <div className={styles.state} role="status">
          <Icon name="door" size={30} />
          <div>
            <strong>{t(isOffline ? 'banner.reconnecting' : 'lobby.waiting')}</strong>
            <p>{t('lobby.as', { name: you.name, role: t(`role.${you.role}`), time: timeOfDay(you.since) })}</p>
            <p>{t('lobby.hint')}</p>
          </div>
        </div>
        <section className={styles.agenda} aria-label={t('agenda.title')}>
          <h2>{t('agenda.title')}</h2>
          {agenda.length === 0 ? (
            <p className={styles.empty}>{t('lobby.no_agenda')}</p>
          ) : (
            <ol>
              {agenda.map((title, index) => (
                <li key={`${index}-${title}`}>
                  <span>{index + 1}</span>
                  {title}
                </li>
              ))}
            </ol>
          )}
        </section>
        <div>
          <Button icon="leave" label={t('lobby.leave')} onPress={() => { attendance.leave(); }} testId="leave-lobby" />
        </div>
      </div>
    </Page>
  );
}
