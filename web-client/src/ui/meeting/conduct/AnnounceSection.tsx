import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { Buttons, Section } from '../../kit/Section';
import { TextArea } from '../../kit/TextArea';
import type { PartProps } from '../part';

/** As the server takes it. */
const ANNOUNCEMENT_LENGTH = 1_000;

/** Says something to everybody. */
export function AnnounceSection({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const { session } = attendance;
  const announce = async () => {
    if (await session.act({ type: 'conduct', what: 'announce', text: text.trim() })) setText('');
  };
  return (
    <Section title={t('conduct.announcement')} testId="announce-section">
      <TextArea label={t('conduct.announce_text')} value={text} onChange={setText} rows={2} maxLength={ANNOUNCEMENT_LENGTH} testId="announce-text" />
      <Buttons>
        <Button look="primary" icon="bell" label={t('conduct.announce')} isDisabled={text.trim() === ''} onPress={() => void announce()} testId="announce" />
        {meeting.snapshot.procedure.conduct.announcement !== null && (
          <Button label={t('conduct.withdraw')} onPress={() => void session.act({ type: 'conduct', what: 'withdraw' })} testId="withdraw-announcement" />
        )}
      </Buttons>
    </Section>
  );
}
