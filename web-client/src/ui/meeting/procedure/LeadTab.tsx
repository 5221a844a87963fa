import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { Buttons, Note, Section } from '../../kit/Section';
import { AgendaList } from '../agenda/AgendaList';
import { CourseSection } from '../course/CourseSection';
import { Holders } from '../floor/Holders';
import { Queue } from '../floor/Queue';
import { OwnConsent } from '../microphones/OwnConsent';
import type { PartProps } from '../part';
import type { ProcedureTab } from './ProcedurePanel';

/** So many of those who ask to speak stand on the chair's page. */
const NEXT_SPEAKERS = 3;

/** The chair's simple page: where we are, who speaks, who is next, what comes. */
export function LeadTab(props: PartProps & { readonly onTab: (tab: ProcedureTab) => void }) {
  const { t } = useTranslation();
  const { attendance, meeting, onTab } = props;
  const { session } = attendance;
  const { agenda, floor, votes } = meeting.snapshot.procedure;
  const next = agenda.items.find(({ started_at, number }) => started_at === null && number !== agenda.current);
  return (
    <>
      <Section title={t('floor.holders')}>
        <Holders {...props} />
      </Section>
      <Section title={t('procedure.next_speakers')} aside={floor.queue.length > NEXT_SPEAKERS && t('procedure.of_all', { count: floor.queue.length })}>
        <Queue {...props} most={NEXT_SPEAKERS} />
      </Section>
      <Section title={t('agenda.title')}>
        <AgendaList {...props} />
        {(agenda.current !== null || next !== undefined) && (
          <Buttons>
            {next !== undefined && (
              <Button
                look="primary"
                icon="next"
                label={t(agenda.current === null ? 'agenda.begin_next' : 'agenda.go_on')}
                onPress={() => void session.act({ type: 'agenda', what: 'start', number: next.number })}
                testId="next-item"
              />
            )}
            {agenda.current !== null && <Button label={t('agenda.finish')} onPress={() => void session.act({ type: 'agenda', what: 'finish' })} testId="finish-current" />}
          </Buttons>
        )}
      </Section>
      <Section title={t('votes.plural')}>
        {votes.open === null ? (
          <Buttons>
            <Button icon="vote" label={t('votes.new')} onPress={() => { onTab('votes'); }} testId="lead-vote" />
          </Buttons>
        ) : (
          <>
            <Note>{votes.open.rules.question}</Note>
            <Buttons>
              <Button icon="vote" label={t('votes.watch')} onPress={() => { onTab('votes'); }} testId="lead-watch-vote" />
            </Buttons>
          </>
        )}
      </Section>
      <CourseSection {...props} />
      <OwnConsent {...props} />
    </>
  );
}
