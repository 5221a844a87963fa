import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import type { ChatMode } from '../../../core/protocol';
import { Note, Section } from '../../kit/Section';
import { Segments } from '../../kit/Segments';
import { RecordingSection } from '../recording/RecordingSection';
import type { PartProps } from '../part';
import { AnnounceSection } from './AnnounceSection';
import { TimeSections } from './TimeSections';

const MODES: readonly ChatMode[] = ['all', 'to_controller', 'off'];

/** What everybody is told: announcements, timer, break, recording, and who may write to whom. */
export function ConductTab(props: PartProps) {
  const { t } = useTranslation();
  const { attendance, meeting } = props;
  const { chat } = meeting.snapshot.procedure.conduct;
  return (
    <>
      <AnnounceSection {...props} />
      <TimeSections {...props} />
      {may(meeting, 'record') && <RecordingSection {...props} />}
      <Section title={t('chat.title')} testId="chat-policy">
        <Segments
          label={t('conduct.chat')}
          options={MODES.map((id) => ({ id, label: t(`conduct.chat_${id}`) }))}
          value={chat}
          onChange={(mode) => void attendance.session.act({ type: 'conduct', what: 'set_chat', mode })}
        />
        <Note>{t(`conduct.chat_${chat}_hint`)}</Note>
      </Section>
    </>
  );
}
