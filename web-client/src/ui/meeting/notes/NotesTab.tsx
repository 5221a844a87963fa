import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { Buttons, Chip, Note, Section } from '../../kit/Section';
import { TextArea } from '../../kit/TextArea';
import { Toggle } from '../../kit/Toggle';
import { type PartProps, useNames, useTimeOfDay } from '../part';
import { Entry, List } from '../procedure/List';

/** As the server takes it. */
const NOTE_LENGTH = 4_000;

/** What is written down for the minutes while it happens. */
export function NotesTab({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const timeOfDay = useTimeOfDay();
  const { notes } = meeting.snapshot.procedure.conduct;
  const [text, setText] = useState('');
  const [conclusion, setConclusion] = useState(false);
  const write = async () => {
    const isDone = await attendance.session.act({ type: 'conduct', what: 'note', text: text.trim(), conclusion });
    if (!isDone) return;
    setText('');
    setConclusion(false);
  };
  return (
    <>
      <Section title={t('notes.title')} testId="notes-section">
        <Note>{t('notes.about')}</Note>
        <TextArea label={t('notes.text')} value={text} onChange={setText} rows={4} maxLength={NOTE_LENGTH} testId="note-text" />
        <Toggle label={t('notes.conclusion')} value={conclusion} onChange={setConclusion} testId="note-conclusion" />
        <Buttons>
          <Button look="primary" icon="edit" label={t('notes.write')} isDisabled={text.trim() === ''} onPress={() => void write()} testId="write-note" />
        </Buttons>
      </Section>
      {notes.length > 0 && (
        <Section title={t('notes.written')}>
          <List label={t('notes.written')} testId="notes">
            {notes.toReversed().map((note) => (
              <Entry key={`${note.at}-${note.text}`} title={note.text} text={`${timeOfDay(note.at)} · ${nameOf(note.by)}`} testId="note">
                {note.conclusion && <Chip tone="brand" icon="gavel">{t('notes.is_conclusion')}</Chip>}
              </Entry>
            ))}
          </List>
        </Section>
      )}
    </>
  );
}
