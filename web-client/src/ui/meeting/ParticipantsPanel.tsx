import { useTranslation } from 'react-i18next';
import { may, raisedHands, roster } from '../../core/meeting';
import { pagesBeside } from '../../core/roster';
import type { Attendance } from '../../io/attendance';
import { Button } from '../kit/Button';
import { Icon } from '../kit/Icon';
import { useStore } from '../useStore';
import { ParticipantRow } from './ParticipantRow';
import styles from './ParticipantsPanel.module.css';
import { SidePanel } from './SidePanel';

/** Who is here, who wants to speak, and what the chair can do about it. */
export function ParticipantsPanel({ attendance, onClose }: { readonly attendance: Attendance; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { meeting, speaking } = useStore(session.view);
  if (meeting === null) return null;
  const { snapshot } = meeting;
  const hands = raisedHands(snapshot);
  const pages = pagesBeside(snapshot);
  const isChosen = snapshot.stage.mode === 'chosen';
  return (
    <SidePanel title={t('participants.title')} onClose={onClose} testId="participants-panel">
      <div className={styles.scroll}>
        {may(meeting, 'set_stage') && (
          <div className={styles.stage}>
            <Icon name="stage" size={20} />
            <p>{t(isChosen ? 'participants.stage_chosen' : 'participants.stage_follows')}</p>
            {isChosen && (
              <Button
                label={t('participants.follow_speaker')}
                onPress={() => void session.act({ type: 'set_stage', source: null })}
                testId="follow-speaker"
              />
            )}
          </div>
        )}
        {hands.length > 0 && (
          <section className={styles.hands}>
            <h3>
              {t('participants.hands')} <span>{hands.length}</span>
            </h3>
            <ol data-testid="hands">
              {hands.map((participant) => (
                <li key={participant.id} data-participant={participant.id}>
                  <Icon name="hand" size={18} />
                  <span>{participant.name}</span>
                  {may(meeting, 'lower_hands') && participant.id !== meeting.you.participant && (
                    <Button
                      look="quiet"
                      label={t('participants.lower_hand')}
                      onPress={() => void session.act({ type: 'lower_hand', participant: participant.id })}
                      testId="lower-hand"
                    />
                  )}
                </li>
              ))}
            </ol>
          </section>
        )}
        <section>
          <ul className={styles.everyone} data-testid="roster" aria-label={t('participants.everyone')}>
            {roster(snapshot).map((participant) => (
              <ParticipantRow
                key={participant.id}
                attendance={attendance}
                meeting={meeting}
                participant={participant}
                isSpeaking={speaking.includes(participant.id)}
              />
            ))}
          </ul>
          {snapshot.roster !== undefined && (
            <nav className={styles.pages} aria-label={t('roster.pages')} data-testid="roster-pages">
              <Button
                look="quiet"
                label={t('roster.before')}
                isDisabled={pages.before === null}
                onPress={() => { session.roster.showFrom(pages.before ?? 1); }}
                testId="roster-before"
              />
              <span>{t('roster.shown', { first: snapshot.roster.first, last: Math.min(snapshot.roster.total, snapshot.roster.first + snapshot.roster.count - 1), total: snapshot.roster.total })}</span>
              <Button
                look="quiet"
                label={t('roster.after')}
                isDisabled={pages.after === null}
                onPress={() => { session.roster.showFrom(pages.after ?? 1); }}
                testId="roster-after"
              />
            </nav>
          )}
        </section>
      </div>
    </SidePanel>
  );
}
