import { useTranslation } from 'react-i18next';
import type { MeetingEnd } from '../../core/protocol';
import { MessagePage } from '../kit/Message';
import { useTimeOfDay } from './part';
import styles from './MeetingOver.module.css';

/** The meeting is over; what its log was can be proved by the hash that closes it. */
export function MeetingOver({ end }: { readonly end: MeetingEnd | null }) {
  const { t, i18n } = useTranslation();
  const timeOfDay = useTimeOfDay();
  const month = i18n.language === 'vi' ? '2-digit' : 'long';
  const date = new Intl.DateTimeFormat(i18n.language, { day: 'numeric', month, year: 'numeric' });
  return (
    <MessagePage icon="check" title={t('end.over_title')} testId="meeting-over">
      {end === null ? (
        t('end.over')
      ) : (
        <>
          <p>{t('end.over_at', { time: timeOfDay(end.at), date: date.format(end.at) })}</p>
          <p className={styles.seal}>{t('end.closing_hash')}</p>
          <code className={styles.hash} data-testid="closing-hash">
            {end.closing_hash}
          </code>
        </>
      )}
    </MessagePage>
  );
}
