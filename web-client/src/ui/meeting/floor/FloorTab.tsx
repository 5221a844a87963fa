import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may, roster } from '../../../core/meeting';
import { canSpeak } from '../../../core/procedure/asks';
import { Button } from '../../kit/Button';
import { Choice } from '../../kit/Choice';
import { NumberInput } from '../../kit/NumberInput';
import { FieldRow, Section } from '../../kit/Section';
import { MicrophonesSection } from '../microphones/MicrophonesSection';
import type { PartProps } from '../part';
import { FloorPolicyForm } from './FloorPolicyForm';
import { Holders } from './Holders';
import { Queue } from './Queue';

/** The longest time that can be given here, in minutes. */
const MOST_MINUTES = 120;

/** Everything about who speaks: the floor, the queue, the microphones, the policy. */
export function FloorTab(props: PartProps) {
  const { t } = useTranslation();
  const { attendance, meeting } = props;
  const { policy, holders } = meeting.snapshot.procedure.floor;
  const [minutes, setMinutes] = useState<number | null>(null);
  const given = minutes ?? (policy.seconds ?? 0) / 60;
  const seconds = given === 0 ? null : Math.round(given * 60);
  const others = roster(meeting.snapshot).filter((one) => canSpeak(one) && !holders.some(({ participant }) => participant === one.id));
  const [chosen, setChosen] = useState<string | null>(null);
  const next = others.find(({ id }) => id === chosen) ?? others[0];
  return (
    <>
      <Section title={t('floor.holders')}>
        <Holders {...props} />
      </Section>
      <Section title={t('floor.queue')}>
        <Queue {...props} seconds={seconds} />
        {may(meeting, 'give_floor') && (
          <>
            <FieldRow>
              <NumberInput label={t('floor.give_minutes')} value={given} onChange={setMinutes} min={0} max={MOST_MINUTES} testId="give-minutes" />
            </FieldRow>
            {next !== undefined && (
              <FieldRow>
                <Choice
                  label={t('floor.give_to')}
                  options={others.map(({ id, name }) => ({ id, label: name }))}
                  value={next.id}
                  onChange={setChosen}
                  testId="give-to"
                />
                <Button
                  label={t('floor.give')}
                  onPress={() => void attendance.session.act({ type: 'floor', what: 'give', participant: next.id, seconds })}
                  testId="give-chosen"
                />
              </FieldRow>
            )}
          </>
        )}
      </Section>
      {may(meeting, 'mute_others') && <MicrophonesSection {...props} />}
      {may(meeting, 'set_policy') && <FloorPolicyForm {...props} />}
    </>
  );
}
