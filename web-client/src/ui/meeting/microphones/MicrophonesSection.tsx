import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isHeard, roster } from '../../../core/meeting';
import { canSpeak } from '../../../core/procedure/asks';
import type { Participant } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { CheckList } from '../../kit/CheckList';
import { Dialog } from '../../kit/Dialog';
import { Buttons, Chip, Note, Section } from '../../kit/Section';
import { type PartProps, useNames, useTimeOfDay } from '../part';
import { Entry, List } from '../procedure/List';

/** Close all microphones but some, and hold that; ask for one, or open it where that was agreed beforehand. */
export function MicrophonesSection(props: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(props.meeting);
  const timeOfDay = useTimeOfDay();
  const [isChoosing, setIsChoosing] = useState(false);
  const { session } = props.attendance;
  const { snapshot, you } = props.meeting;
  const { hold } = snapshot.procedure.microphones;
  const others = roster(snapshot).filter((one) => canSpeak(one) && one.id !== you.participant);
  return (
    <Section title={t('microphones.title')} testId="microphones-section">
      {hold === null ? (
        <Note>{t('microphones.no_hold')}</Note>
      ) : (
        <div role="status" data-testid="hold">
          <Chip tone="hand" icon="microphoneOff">{t('microphones.hold', { time: timeOfDay(hold.since) })}</Chip>
          <Note>{t('microphones.hold_except', { names: hold.except.map(nameOf).join(', ') })}</Note>
        </div>
      )}
      <Buttons>
        <Button icon="microphoneOff" label={t('microphones.mute_all')} onPress={() => { setIsChoosing(true); }} testId="mute-all" />
        {hold !== null && (
          <Button icon="microphone" label={t('microphones.lift')} onPress={() => void session.act({ type: 'microphones', what: 'lift_all' })} testId="lift-all" />
        )}
      </Buttons>
      <List label={t('microphones.list')} testId="microphones">
        {others.map((one) => (
          <MicrophoneEntry key={one.id} {...props} participant={one} />
        ))}
      </List>
      {isChoosing && <MuteAllDialog {...props} others={others} onClose={() => { setIsChoosing(false); }} />}
    </Section>
  );
}

function MicrophoneEntry({ attendance, meeting, participant }: PartProps & { readonly participant: Participant }) {
  const { t } = useTranslation();
  const { id, name } = participant;
  const { asked, consents } = meeting.snapshot.procedure.microphones;
  const isOpen = isHeard(participant);
  const hasConsented = consents.includes(id);
  const state = isOpen ? 'open' : participant.muted ? 'muted' : asked.includes(id) ? 'asked' : hasConsented ? 'consented' : 'closed';
  const open = () => void attendance.session.act({ type: 'microphones', what: hasConsented ? 'open' : 'ask', participant: id });
  return (
    <Entry title={name} text={t(`microphones.state_${state}`)} participant={id} testId="microphone-entry">
      {isOpen || participant.muted ? (
        <Button
          look="quiet"
          label={t(participant.muted ? 'microphones.allow' : 'participants.mute')}
          onPress={() => void attendance.session.act({ type: 'set_muted', participant: id, muted: !participant.muted })}
          testId={participant.muted ? 'allow-one' : 'mute-one'}
        />
      ) : (
        <Button
          look="quiet"
          label={t(hasConsented ? 'microphones.open' : 'microphones.ask')}
          isDisabled={state === 'asked'}
          onPress={open}
          testId={hasConsented ? 'open-microphone' : 'ask-microphone'}
        />
      )}
    </Entry>
  );
}

interface MuteAllProps extends PartProps {
  readonly others: readonly Participant[];
  readonly onClose: () => void;
}

function MuteAllDialog({ attendance, others, onClose }: MuteAllProps) {
  const { t } = useTranslation();
  const [except, setExcept] = useState<readonly string[]>([]);
  const mute = () => {
    onClose();
    void attendance.session.act({ type: 'microphones', what: 'mute_all', except: [...except] });
  };
  return (
    <Dialog
      title={t('microphones.mute_all_title')}
      onClose={onClose}
      testId="mute-all-dialog"
      actions={
        <>
          <Button label={t('app.cancel')} onPress={onClose} />
          <Button look="danger" icon="microphoneOff" label={t('microphones.mute_all')} onPress={mute} testId="mute-all-confirm" />
        </>
      }
    >
      <p>{t('microphones.mute_all_text')}</p>
      <CheckList label={t('microphones.except')} options={others.map(({ id, name }) => ({ id, label: name }))} value={except} onChange={setExcept} />
    </Dialog>
  );
}
