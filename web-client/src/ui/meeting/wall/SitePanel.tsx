import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, type Meeting } from '../../../core/meeting';
import { adviceFor, type SiteState } from '../../../core/wall/sites';
import type { Attendance } from '../../../io/attendance';
import { Button } from '../../kit/Button';
import { Field } from '../../kit/Field';
import { Icon } from '../../kit/Icon';
import { RemoveDialog } from '../admission/RemoveDialog';
import { RenameDialog } from '../admission/RenameDialog';
import { actionsOn, type RowAction } from '../rowActions';
import styles from './SitePanel.module.css';

/** The longest message, in characters. */
const LONGEST = 1_500;

interface Props {
  readonly attendance: Attendance;
  readonly meeting: Meeting;
  readonly site: SiteState;
  readonly onClose: () => void;
}

/** One site: how it is, what helps, and what can be done for it. */
export function SitePanel({ attendance, meeting, site, onClose }: Props) {
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<'rename' | 'remove' | null>(null);
  const { participant, sound, picture, line, checkIn, headcount } = site;
  const actions = actionsOn(participant, meeting);
  const advice = adviceFor(site);
  const act = ({ deed }: RowAction) => {
    if (typeof deed === 'string') setDialog(deed);
    else void attendance.session.act(deed);
  };
  const person = { attendance, participant: participant.id, name: participant.name, onClose: () => { setDialog(null); } };
  return (
    <div className={styles.panel} data-testid="site-panel" data-participant={participant.id}>
      <header>
        <div>
          <h2>{participant.name}</h2>
          <p className={styles.soft}>{[t(`role.${participant.role}`), participant.unit].filter((part) => part !== null).join(' · ')}</p>
        </div>
        <Button look="quiet" iconOnly icon="close" label={t('app.close')} onPress={onClose} />
      </header>
      <p className={styles.advice} data-advice={advice} role="status" data-testid="advice">
        <Icon name={advice === 'well' ? 'check' : advice === 'silent' ? 'microphone' : 'warning'} size={20} />
        {t(`wall.todo.${advice}`)}
      </p>
      <ul className={styles.state}>
        <li>{t(`wall.presence.${participant.presence}`)}</li>
        <li>{t(`wall.sound.${sound}`)}</li>
        <li>{t(`wall.picture.${picture}`)}</li>
        <li>{t(`wall.line.${line}`)}</li>
        <li>{headcount === null ? t(`wall.check_in.${checkIn}`) : `${t(`wall.check_in.${checkIn}`)} · ${t('wall.heads', { count: headcount })}`}</li>
        {site.hand !== null && <li>{t('wall.hand', { place: site.hand })}</li>}
      </ul>
      <div className={styles.actions} role="group" aria-label={t('wall.help')}>
        {actions.length === 0 && <p className={styles.soft}>{t('wall.nothing')}</p>}
        {actions.map((action) => (
          <Button key={action.id} icon={action.icon} label={t(`participants.${action.id}`)} onPress={() => { act(action); }} testId={`do-${action.id}`} />
        ))}
      </div>
      {participant.presence !== 'left' && <Message attendance={attendance} meeting={meeting} name={participant.name} />}
      {dialog === 'rename' && <RenameDialog {...person} />}
      {dialog === 'remove' && <RemoveDialog {...person} />}
    </div>
  );
}

/** Calls it by its name in the chat. */
function Message({ attendance, meeting, name }: { readonly attendance: Attendance; readonly meeting: Meeting; readonly name: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [isSent, setIsSent] = useState(false);
  if (!may(meeting, 'chat')) return null;
  if (meeting.snapshot.procedure.conduct.chat !== 'all') return <p className={styles.soft}>{t('wall.message_off')}</p>;
  const send = async () => {
    const isDone = await attendance.session.act({ type: 'send_chat', text: t('wall.message_to', { name, text: text.trim() }) });
    setIsSent(isDone);
    if (isDone) setText('');
  };
  return (
    <form
      className={styles.message}
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        void send();
      }}
    >
      <Field
        label={t('wall.message')}
        hint={t('wall.message_hint')}
        value={text}
        onChange={(next) => {
          setText(next);
          setIsSent(false);
        }}
        maxLength={LONGEST}
        testId="site-message"
      />
      <Button type="submit" icon={isSent ? 'check' : 'send'} label={t(isSent ? 'wall.sent' : 'wall.send')} isDisabled={text.trim() === ''} testId="send-message" />
    </form>
  );
}
