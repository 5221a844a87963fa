import { useTranslation } from 'react-i18next';
import type { MeetingEnd } from '../../core/protocol';
import { MessagePage } from '../kit/Message';
import styles from './MeetingOver.module.css';

/** The meeting is over; what its log was can be proved by the hash that closes it. */
export function MeetingOver({ end }: { readonly end: MeetingEnd | null }) {
  const { t, i18n } = useTranslation();
  const time = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'long', timeStyle: 'short' });
  return (
    <MessagePage icon="leave" title={t('end.over_title')} testId="meeting-over">
      {end === null ? (
        t('end.over')
      ) : (
        <>
          <p>{t('end.over_at', { time: time.format(end.at) })}</p>
          <p>{t('end.closing_hash')}</p>
          <code className={styles.hash} data-testid="closing-hash">
            {end.closing_hash}
          </code>
        </>
      )}
    </MessagePage>
  );
}
