import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { Button } from '../../kit/Button';
import { Confirm } from '../../kit/Dialog';
import { Strip } from '../now/Strip';
import type { PartProps } from '../part';

/** It is only tried out; who may open the meeting does it here. */
export function RehearsalStrip({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const [isAsking, setIsAsking] = useState(false);
  if (!meeting.snapshot.procedure.course.rehearsal) return null;
  return (
    <Strip icon="flag" tone="hand" title={t('course.rehearsal')} text={t('course.rehearsal_hint')} testId="rehearsal">
      {may(meeting, 'open_meeting') && (
        <Button look="primary" label={t('course.open')} onPress={() => { setIsAsking(true); }} testId="open-meeting" />
      )}
      {isAsking && (
        <Confirm
          isHarmless
          title={t('course.open_title')}
          text={t('course.open_text')}
          deed={t('course.open')}
          onConfirm={() => void attendance.session.act({ type: 'course', what: 'open' })}
          onClose={() => { setIsAsking(false); }}
          testId="open-dialog"
        />
      )}
    </Strip>
  );
}
