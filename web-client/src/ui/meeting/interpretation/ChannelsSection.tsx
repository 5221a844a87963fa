import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { here } from '../../../core/meeting';
import { Button } from '../../kit/Button';
import { Choice } from '../../kit/Choice';
import { Field } from '../../kit/Field';
import { Chip, FieldRow, Note, Section } from '../../kit/Section';
import { type PartProps, useNames } from '../part';
import { Entry, List } from '../procedure/List';

/** As the server takes it. */
const LANGUAGE_LENGTH = 60;
const NOBODY = '';

/** The channels of interpretation: set up, and who interprets in them. */
export function ChannelsSection({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { session } = attendance;
  const { channels, listening } = meeting.snapshot.procedure.interpretation;
  const [language, setLanguage] = useState('');
  const add = async () => {
    if (await session.act({ type: 'interpretation', what: 'add', language: language.trim() })) setLanguage('');
  };
  const free = here(meeting.snapshot).filter(({ id }) => !channels.some(({ interpreters }) => interpreters.includes(id)));
  return (
    <>
      {channels.map((channel) => (
        <Section
          key={channel.number}
          title={channel.language}
          aside={<Chip>{t('interpretation.listeners', { count: Object.values(listening).filter((number) => number === channel.number).length })}</Chip>}
          testId="channel"
        >
          {channel.interpreters.length > 0 && (
            <List label={t('interpretation.interpreters', { language: channel.language })}>
              {channel.interpreters.map((id) => (
                <Entry key={id} title={nameOf(id)} participant={id} testId="interpreter">
                  {channel.on_air === id && <Chip tone="good" icon="microphone">{t('interpretation.on_air')}</Chip>}
                  <Button look="quiet" label={t('interpretation.dismiss')} aria-label={t('interpretation.dismiss_of', { name: nameOf(id) })} onPress={() => void session.act({ type: 'interpretation', what: 'dismiss', participant: id })} testId="dismiss-interpreter" />
                </Entry>
              ))}
            </List>
          )}
          <FieldRow>
            <Choice
              label={t('interpretation.assign')}
              options={[{ id: NOBODY, label: t('interpretation.choose') }, ...free.map(({ id, name }) => ({ id, label: name }))]}
              value={NOBODY}
              onChange={(participant) => {
                if (participant !== NOBODY) void session.act({ type: 'interpretation', what: 'assign', channel: channel.number, participant });
              }}
              testId="assign-interpreter"
            />
            <Button look="quiet" icon="trash" label={t('interpretation.remove')} onPress={() => void session.act({ type: 'interpretation', what: 'remove', channel: channel.number })} testId="remove-channel" />
          </FieldRow>
        </Section>
      ))}
      <Section title={t('interpretation.title')} testId="channels-section">
        <Note>{t('interpretation.about')}</Note>
        <FieldRow>
          <Field label={t('interpretation.language')} value={language} onChange={setLanguage} maxLength={LANGUAGE_LENGTH} placeholder="English" testId="channel-language" />
          <Button icon="plus" label={t('interpretation.add')} isDisabled={language.trim() === ''} onPress={() => void add()} testId="add-channel" />
        </FieldRow>
      </Section>
    </>
  );
}
