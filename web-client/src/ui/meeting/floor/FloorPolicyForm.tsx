import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorPolicy } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { NumberInput } from '../../kit/NumberInput';
import { FieldRow, Section } from '../../kit/Section';
import { Segments } from '../../kit/Segments';
import { Toggle } from '../../kit/Toggle';
import type { PartProps } from '../part';

/** As the server takes them. */
const MOST_AT_ONCE = 16;
const MOST_MINUTES = 120;
const MOST_WARNING = 600;

/** Whether microphones are open to all or go by the floor, and how long one speaks. */
export function FloorPolicyForm({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const now = meeting.snapshot.procedure.floor.policy;
  const [draft, setDraft] = useState<FloorPolicy | null>(null);
  const policy = draft ?? now;
  const change = (part: Partial<FloorPolicy>) => { setDraft({ ...policy, ...part }); };
  const save = async () => {
    if (await attendance.session.act({ type: 'floor', what: 'set_policy', policy })) setDraft(null);
  };
  return (
    <Section title={t('floor.policy')} testId="floor-policy">
      <Segments
        label={t('floor.mode')}
        options={[
          { id: 'open', label: t('floor.mode_open') },
          { id: 'by_floor', label: t('floor.mode_by_floor') },
        ]}
        value={policy.mode}
        onChange={(mode) => { change({ mode }); }}
      />
      <FieldRow>
        <NumberInput
          label={t('floor.minutes')}
          value={(policy.seconds ?? 0) / 60}
          onChange={(minutes) => { change({ seconds: minutes === 0 ? null : Math.round(minutes * 60) }); }}
          min={0}
          max={MOST_MINUTES}
          testId="floor-minutes"
        />
        <NumberInput label={t('floor.warn_before')} value={policy.warn_before} onChange={(seconds) => { change({ warn_before: seconds }); }} min={0} max={MOST_WARNING} step={10} />
        <NumberInput label={t('floor.at_once')} value={policy.at_once} onChange={(count) => { change({ at_once: count }); }} min={1} max={MOST_AT_ONCE} />
      </FieldRow>
      <Toggle label={t('floor.ends_by_itself')} value={policy.ends_by_itself} onChange={(ends) => { change({ ends_by_itself: ends }); }} />
      {draft !== null && (
        <FieldRow>
          <Button look="primary" label={t('app.save')} onPress={() => void save()} testId="save-floor-policy" />
          <Button label={t('app.cancel')} onPress={() => { setDraft(null); }} />
        </FieldRow>
      )}
    </Section>
  );
}
