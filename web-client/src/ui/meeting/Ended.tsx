import { useTranslation } from 'react-i18next';
import type { ErrorCode, MeetingEnd } from '../../core/protocol';
import { Button } from '../kit/Button';
import { MessagePage } from '../kit/Message';
import { MeetingOver } from './MeetingOver';

interface Props {
  readonly reason: ErrorCode | 'left';
  /** The end of the meeting, where it is over and was told. */
  readonly end: MeetingEnd | null;
  /** Why we were removed, where that was said. */
  readonly removal: string | null;
  readonly onReturn: () => void;
}

/** Why one is not in the meeting any more, and how to come back. */
export function Ended({ reason, end, removal, onReturn }: Props) {
  const { t } = useTranslation();
  if (reason === 'meeting_ended') return <MeetingOver end={end} />;
  if (reason === 'left') {
    return (
      <MessagePage
        icon="leave"
        title={t('end.left_title')}
        action={<Button look="primary" label={t('end.rejoin')} onPress={onReturn} testId="rejoin" />}
        testId="left"
      >
        {t('end.left')}
      </MessagePage>
    );
  }
  if (reason === 'taken_over') {
    return (
      <MessagePage
        icon="stage"
        title={t('end.taken_over_title')}
        action={<Button look="primary" label={t('end.use_here')} onPress={onReturn} testId="use-here" />}
        testId="taken-over"
      >
        {t('end.taken_over')}
      </MessagePage>
    );
  }
  if (reason === 'removed') {
    return (
      <MessagePage icon="door" title={t('end.removed_title')} testId="removed">
        {removal !== null && <p data-testid="removal-reason">{t('end.removed_reason', { reason: removal })}</p>}
        <p>{t('end.removed')}</p>
      </MessagePage>
    );
  }
  return (
    <MessagePage
      icon="warning"
      title={t('end.closed_title')}
      action={<Button label={t('app.retry')} onPress={onReturn} testId="retry" />}
      testId="closed"
    >
      {t(`error.${reason}`)}
    </MessagePage>
  );
}
