import { useTranslation } from 'react-i18next';
import { Choice } from '../../kit/Choice';
import type { PartProps } from '../part';
import styles from './Interpretation.module.css';

const FLOOR = '0';

/** In which language we listen; only there where there is a choice. */
export function ChannelChoice({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const { channels, listening } = meeting.snapshot.procedure.interpretation;
  const isInterpreter = channels.some(({ interpreters }) => interpreters.includes(meeting.you.participant));
  if (channels.length === 0 || isInterpreter) return null;
  return (
    <div className={styles.choice}>
      <Choice
        label={t('interpretation.listen')}
        icon="speaker"
        options={[{ id: FLOOR, label: t('interpretation.floor') }, ...channels.map(({ number, language }) => ({ id: String(number), label: language }))]}
        value={String(listening[meeting.you.participant] ?? FLOOR)}
        onChange={(id) => void attendance.session.act({ type: 'interpretation', what: 'listen', channel: id === FLOOR ? null : Number(id) })}
        testId="channel-choice"
      />
    </div>
  );
}
