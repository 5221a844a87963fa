import { useTranslation } from 'react-i18next';
import { Section } from '../../kit/Section';
import { AgendaList } from '../agenda/AgendaList';
import { Holders } from '../floor/Holders';
import { Queue } from '../floor/Queue';
import { OwnConsent } from '../microphones/OwnConsent';
import type { PartProps } from '../part';
import { Receipt } from '../votes/Receipt';
import { Result } from '../votes/Result';
import styles from './ProcedurePanel.module.css';

/** How the meeting goes, for whoever takes part in it. */
export function OverviewTab(props: PartProps) {
  const { t } = useTranslation();
  const { last } = props.meeting.snapshot.procedure.votes;
  return (
    <div className={styles.scroll}>
      <Section title={t('agenda.title')}>
        <AgendaList {...props} />
      </Section>
      <Section title={t('floor.holders')}>
        <Holders {...props} />
      </Section>
      <Section title={t('floor.queue')}>
        <Queue {...props} />
      </Section>
      {last !== null && (
        <Section title={t('votes.result_title', { number: last.number })}>
          <Result result={last} />
          {last.root !== null && <Receipt attendance={props.attendance} number={last.number} root={last.root} />}
        </Section>
      )}
      <OwnConsent {...props} />
    </div>
  );
}
