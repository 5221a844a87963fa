import { useTranslation } from 'react-i18next';
import { assertNever } from '../../core/assertNever';
import type { Notice } from '../../core/notice';
import type { Attendance } from '../../io/attendance';
import { Icon, type IconName } from '../kit/Icon';
import { useStore } from '../useStore';
import styles from './Notices.module.css';

/** What happened: shown for a moment, and read out. */
export function Notices({ attendance }: { readonly attendance: Attendance }) {
  const { t } = useTranslation();
  const notices = useStore(attendance.notices);
  const said = useStore(attendance.said);
  const textOf = (notice: Notice): string => {
    switch (notice.type) {
      case 'refused':
        return t(`error.${notice.code}`);
      case 'device':
        return t(`fault.${notice.kind}.${notice.fault}`);
      case 'not_sent':
      case 'share_failed':
      case 'reconnected':
        return t(`notice.${notice.type}`);
      case 'joined':
      case 'left':
      case 'line_lost':
      case 'line_restored':
      case 'hand_raised':
      case 'sharing':
      case 'stage_chosen':
      case 'you_muted':
      case 'you_unmuted':
      case 'your_hand_lowered':
        return t(`notice.${notice.type}`, { name: notice.name });
      case 'happened':
        return t(`happened.${notice.what}`, { name: notice.name });
      default:
        return assertNever(notice);
    }
  };
  return (
    <>
      <p className="visually-hidden" role="status" aria-live="polite" data-testid="said">
        {said === null ? '' : textOf(said.notice)}
      </p>
      <ul className={styles.notices} data-testid="notices">
        {notices.map(({ id, notice }) => (
          <li key={id} className={styles.notice} data-type={notice.type}>
            <Icon name={iconOf(notice)} size={20} />
            <span>{textOf(notice)}</span>
            <button type="button" aria-label={t('notice.dismiss')} onClick={() => { attendance.dismiss(id); }}>
              <Icon name="close" size={16} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function iconOf(notice: Notice): IconName {
  switch (notice.type) {
    case 'hand_raised':
    case 'your_hand_lowered':
      return 'hand';
    case 'sharing':
    case 'share_failed':
      return 'screen';
    case 'stage_chosen':
      return 'stage';
    case 'you_muted':
      return 'microphoneOff';
    case 'you_unmuted':
      return 'microphone';
    case 'joined':
    case 'left':
      return 'people';
    case 'reconnected':
    case 'line_restored':
      return 'check';
    case 'refused':
    case 'device':
    case 'not_sent':
    case 'line_lost':
      return 'warning';
    case 'happened':
      return 'bell';
    default:
      return assertNever(notice);
  }
}
