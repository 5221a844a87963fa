import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import type { LobbyMode, Waiting } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Buttons, Note, Section } from '../../kit/Section';
import { Segments } from '../../kit/Segments';
import { Toggle } from '../../kit/Toggle';
import { type PartProps, useNames, useTimeOfDay } from '../part';
import { Entry, List } from '../procedure/List';
import { RemoveButton } from './RemoveDialog';
import { RenameButton } from './RenameDialog';

const MODES: readonly LobbyMode[] = ['off', 'guests', 'all'];

/** Who waits, who comes in, who may come back. */
export function AdmissionTab(props: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(props.meeting);
  const { session } = props.attendance;
  const { mode, locked, waiting, removed } = props.meeting.snapshot.procedure.admission;
  const units = [...new Set(waiting.map(({ unit }) => unit))];
  return (
    <>
      <Section title={t('admission.waiting')} testId="waiting-section">
        {waiting.length === 0 ? (
          <Note>{t('admission.nobody')}</Note>
        ) : (
          <>
            {units.map((unit) => (
              <WaitingUnit key={unit ?? ''} {...props} unit={unit} waiting={waiting.filter((one) => one.unit === unit)} />
            ))}
            <Buttons>
              <Button look="primary" label={t('admission.admit_all')} onPress={() => void session.act({ type: 'admission', what: 'admit_all' })} testId="admit-all" />
            </Buttons>
          </>
        )}
      </Section>
      <Section title={t('admission.door')}>
        {may(props.meeting, 'set_policy') && (
          <Segments
            label={t('admission.lobby')}
            options={MODES.map((id) => ({ id, label: t(`admission.mode_${id}`) }))}
            value={mode}
            onChange={(chosen) => void session.act({ type: 'admission', what: 'set_lobby', mode: chosen })}
          />
        )}
        <Toggle label={t('admission.lock')} value={locked} onChange={(isLocked) => void session.act({ type: 'admission', what: 'lock', locked: isLocked })} testId="lock" />
        <Note>{t('admission.lock_hint')}</Note>
      </Section>
      {removed.length > 0 && (
        <Section title={t('admission.removed')} testId="removed-section">
          <List label={t('admission.removed')}>
            {removed.map((participant) => (
              <Entry key={participant} title={nameOf(participant)} participant={participant}>
                {may(props.meeting, 'remove') && (
                  <Button label={t('admission.readmit')} onPress={() => void session.act({ type: 'admission', what: 'readmit', participant })} testId="readmit" />
                )}
              </Entry>
            ))}
          </List>
        </Section>
      )}
    </>
  );
}

interface UnitProps extends PartProps {
  readonly unit: string | null;
  readonly waiting: readonly Waiting[];
}

function WaitingUnit({ attendance, meeting, unit, waiting }: UnitProps) {
  const { t } = useTranslation();
  const timeOfDay = useTimeOfDay();
  const { session } = attendance;
  return (
    <>
      {unit !== null && waiting.length > 1 && (
        <Buttons>
          <Button label={t('admission.admit_unit', { unit })} onPress={() => void session.act({ type: 'admission', what: 'admit_unit', unit })} testId="admit-unit" />
        </Buttons>
      )}
      <List label={unit ?? t('start.no_unit')} testId="waiting">
        {waiting.map(({ participant, name, role, guest, since }) => (
          <Entry
            key={participant}
            title={name}
            text={[t(guest ? 'start.guest' : `role.${role}`), ...(unit === null ? [] : [unit]), t('admission.since', { time: timeOfDay(since) })].join(' · ')}
            participant={participant}
            testId="waiting-entry"
          >
            {may(meeting, 'rename') && <RenameButton attendance={attendance} participant={participant} name={name} />}
            {may(meeting, 'remove') && <RemoveButton attendance={attendance} participant={participant} name={name} />}
            <Button label={t('admission.admit')} onPress={() => void session.act({ type: 'admission', what: 'admit', participant })} testId="admit" />
          </Entry>
        ))}
      </List>
    </>
  );
}
