import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { Strip } from '../now/Strip';
import { type PartProps, useNames } from '../part';

/** For an interpreter: in which channel, and who is on the air. */
export function InterpreterStrip({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { session } = attendance;
  const own = meeting.you.participant;
  const channel = meeting.snapshot.procedure.interpretation.channels.find(({ interpreters }) => interpreters.includes(own));
  if (channel === undefined) return null;
  const isOnAir = channel.on_air === own;
  return (
    <Strip
      icon="microphone"
      tone={isOnAir ? 'good' : 'plain'}
      title={t(isOnAir ? 'interpretation.you_on_air' : 'interpretation.you_wait', { language: channel.language })}
      {...(!isOnAir && channel.on_air !== null && { text: t('interpretation.other_on_air', { name: nameOf(channel.on_air) }) })}
      testId="interpreter-strip"
    >
      {isOnAir
        ? channel.interpreters
            .filter((id) => id !== own)
            .map((id) => (
              <Button key={id} label={t('interpretation.hand_over', { name: nameOf(id) })} onPress={() => void session.act({ type: 'interpretation', what: 'hand_over', participant: id })} testId="hand-over" />
            ))
        : <Button label={t('interpretation.take_air')} onPress={() => void session.act({ type: 'interpretation', what: 'take_air' })} testId="take-air" />}
    </Strip>
  );
}
