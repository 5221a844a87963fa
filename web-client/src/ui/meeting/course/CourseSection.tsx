import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { Button } from '../../kit/Button';
import { Confirm } from '../../kit/Dialog';
import { Buttons, Note, Section } from '../../kit/Section';
import type { PartProps } from '../part';

/** Break and end of the meeting. */
export function CourseSection({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const [isEnding, setIsEnding] = useState(false);
  const { session } = attendance;
  const { conduct, votes, roll_calls: calls, course } = meeting.snapshot.procedure;
  const open = votes.open !== null ? t('course.end_vote_open') : calls.open !== null ? t('course.end_roll_open') : '';
  return (
    <Section title={t('course.title')} testId="course-section">
      {course.rehearsal && <Note>{t('course.rehearsal')}</Note>}
      <Buttons>
        {conduct.pause === null ? (
          <Button icon="pause" label={t('course.break')} onPress={() => void session.act({ type: 'conduct', what: 'pause', seconds: null })} testId="lead-break" />
        ) : (
          <Button icon="play" label={t('conduct.resume')} onPress={() => void session.act({ type: 'conduct', what: 'resume' })} testId="lead-resume" />
        )}
        {may(meeting, 'end_meeting') && <Button look="danger" icon="leave" label={t('course.end')} onPress={() => { setIsEnding(true); }} testId="end-meeting" />}
      </Buttons>
      {isEnding && (
        <Confirm
          title={t('course.end_title')}
          text={`${t('course.end_text')} ${open}`.trim()}
          deed={t('course.end')}
          onConfirm={() => void session.act({ type: 'course', what: 'end' })}
          onClose={() => { setIsEnding(false); }}
          testId="end-dialog"
        />
      )}
    </Section>
  );
}
