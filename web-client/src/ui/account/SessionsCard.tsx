import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionView } from '../../core/protocol';
import { endOtherSessions, endSession, getSessions } from '../../io/identity';
import type { Fetched } from '../../io/rest';
import { Button } from '../kit/Button';
import styles from './AccountPage.module.css';
import { Card, type Failure, FailureText, timeText } from './Card';

/** Where one is signed in, and the end of it. */
export function SessionsCard() {
  const { t, i18n } = useTranslation();
  const [sessions, setSessions] = useState<readonly SessionView[]>([]);
  const [failure, setFailure] = useState<Failure | null>(null);
  const load = useCallback(
    () =>
      getSessions().then((fetched) => {
        if (fetched.type === 'ok') setSessions(fetched.value.items);
        else setFailure(fetched);
      }),
    [],
  );
  useEffect(() => {
    void load();
  }, [load]);
  const end = async (ended: Promise<Fetched<undefined>>) => {
    const fetched = await ended;
    setFailure(fetched.type === 'ok' ? null : fetched);
    await load();
  };

  return (
    <Card title={t('account.sessions_title')} testId="sessions-card">
      <ul className={styles.list}>
        {sessions.map((session) => (
          <li key={session.id} data-testid="session">
            <div>
              <p className={styles.strong}>{t('account.session_from', { address: session.address })}</p>
              <p className={styles.soft}>{t('account.session_seen', { time: timeText(session.seen_at, i18n.language) })}</p>
              <p className={styles.browser}>{session.browser}</p>
            </div>
            {session.current ? (
              <span className={styles.mark}>{t('account.session_current')}</span>
            ) : (
              <Button
                label={t('account.session_end')}
                aria-label={t('account.session_end_of', { address: session.address })}
                onPress={() => void end(endSession(session.id))}
              />
            )}
          </li>
        ))}
      </ul>
      <FailureText failure={failure} />
      {sessions.length > 1 && (
        <div>
          <Button label={t('account.sessions_end')} onPress={() => void end(endOtherSessions())} testId="end-others" />
        </div>
      )}
    </Card>
  );
}
