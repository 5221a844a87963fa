import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NextMeeting } from '../../core/protocol';
import { Brand } from '../kit/Brand';
import { dayText, hourText } from './times';
import styles from './HallScreen.module.css';

/** How often the clock on the wall is drawn, in milliseconds. */
const TICK = 1_000;

interface ScreenProps {
  readonly title: string;
  /** The server does not answer now. */
  readonly isAway: boolean;
  /** Which hall it is. */
  readonly site?: string;
  readonly children?: ReactNode;
  readonly testId?: string;
}

/** What a hall sees from its last row: one thing at a time, in large letters, and what time it is. */
export function HallScreen({ title, isAway, site, children, testId }: ScreenProps) {
  const { t, i18n } = useTranslation();
  const now = useClock();
  return (
    <div className={styles.screen} data-testid={testId}>
      <header className={styles.header}>
        <Brand />
        <time className={styles.clock}>{hourText(now, i18n.language)}</time>
      </header>
      <main className={styles.main}>
        {site !== undefined && <p className={styles.site}>{site}</p>}
        <h1 className={styles.title}>{title}</h1>
        {children}
      </main>
      <footer className={styles.footer} role="status">
        {isAway && <p className={styles.away}>{t('hall_device.away')}</p>}
      </footer>
    </div>
  );
}

interface WaitingProps {
  readonly site: string;
  readonly next: NextMeeting | null;
  readonly isAway: boolean;
}

/** A hall that is ready: which meeting it waits for, and when it goes in. */
export function Waiting({ site, next, isAway }: WaitingProps) {
  const { t, i18n } = useTranslation();
  if (next === null) {
    return (
      <HallScreen site={site} title={t('hall_device.none')} isAway={isAway} testId="hall-waits">
        <p className={styles.lead}>{t('hall_device.waiting')}</p>
      </HallScreen>
    );
  }
  const { starts_at, opens_at } = next;
  return (
    <HallScreen site={site} title={next.title} isAway={isAway} testId="hall-waits">
      <p className={styles.host}>{next.host_unit}</p>
      <dl className={styles.times}>
        <div>
          <dt>{t('hall_device.starts')}</dt>
          <dd data-testid="hall-starts">{hourText(starts_at, i18n.language)}</dd>
          <dd className={styles.day}>{dayText(starts_at, i18n.language)}</dd>
        </div>
        <div>
          <dt>{t('hall_device.opens')}</dt>
          <dd data-testid="hall-opens">{hourText(opens_at, i18n.language)}</dd>
          <dd className={styles.day}>{dayText(opens_at, i18n.language)}</dd>
        </div>
      </dl>
      <p className={styles.lead}>{t('hall_device.goes_in')}</p>
    </HallScreen>
  );
}

function useClock(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const handle = setInterval(() => { setNow(Date.now()); }, TICK);
    return () => { clearInterval(handle); };
  }, []);
  return now;
}
