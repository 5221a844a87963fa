import { useTranslation } from 'react-i18next';
import type { Meeting } from '../../../core/meeting';
import type { RollFinding, RollResult } from '../../../core/protocol';
import { Chip, Section, type Tone } from '../../kit/Section';
import { useNames } from '../part';
import { Entry, List } from '../procedure/List';

const TONES: Record<RollFinding, Tone> = { absent: 'danger', left_early: 'hand', silent: 'hand', late: 'brand', present: 'good' };
/** What needs a look comes first. */
const ORDER: readonly RollFinding[] = ['absent', 'left_early', 'silent', 'late', 'present'];

/** What a roll call came to: the absent first. */
export function RollCallResult({ meeting, result }: { readonly meeting: Meeting; readonly result: RollResult }) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const entries = [...result.entries].sort((a, b) => ORDER.indexOf(a.found) - ORDER.indexOf(b.found));
  const counts = ORDER.map((found) => [found, entries.filter((entry) => entry.found === found).length] as const);
  return (
    <Section title={t('rollcall.result', { number: result.number })} testId="roll-result">
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 6 }}>
        {counts.map(([found, count]) => count > 0 && <Chip key={found} tone={TONES[found]}>{`${t(`rollcall.found_${found}`)}: ${count}`}</Chip>)}
      </div>
      <List label={t('rollcall.result', { number: result.number })}>
        {entries.map(({ participant, found, headcount }) => (
          <Entry key={participant} title={nameOf(participant)} {...(headcount !== null && { text: t('rollcall.heads', { count: headcount }) })} participant={participant} testId="roll-finding">
            <Chip tone={TONES[found]}>{t(`rollcall.found_${found}`)}</Chip>
          </Entry>
        ))}
      </List>
    </Section>
  );
}
