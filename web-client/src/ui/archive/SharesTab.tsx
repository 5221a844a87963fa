import { type SubmitEvent, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MeetingId } from '../../core/protocol';
import type { Archive } from '../../io/archive';
import { type Failure, FailureText } from '../account/Card';
import { Button } from '../kit/Button';
import { Field } from '../kit/Field';
import { NumberInput } from '../kit/NumberInput';
import styles from './SharesTab.module.css';
import { useLoaded } from './useLoaded';
import { Working } from './Working';

/** The longest time, in days. */
const LONGEST = 366;
const USUAL = 30;

/** Which units may look at it, and until when. */
export function SharesTab({ archive, meeting }: { readonly archive: Archive; readonly meeting: MeetingId }) {
  const { t, i18n } = useTranslation();
  const { loaded, reload } = useLoaded(useCallback(() => archive.shares(meeting), [archive, meeting]));
  const [unit, setUnit] = useState('');
  const [days, setDays] = useState(USUAL);
  const [failure, setFailure] = useState<Failure | null>(null);
  const day = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'long' });
  const share = async () => {
    const fetched = await archive.share(meeting, { unit: unit.trim(), days });
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type !== 'ok') return;
    setUnit('');
    reload();
  };
  const unshare = async (id: string) => {
    const fetched = await archive.unshare(meeting, id);
    setFailure(fetched.type === 'ok' ? null : fetched);
    reload();
  };
  return (
    <div className={styles.tab} data-testid="shares">
      <h3>{t('archive.shares_title')}</h3>
      <p className={styles.soft}>{t('archive.shares_about')}</p>
      {loaded.type === 'loading' && <Working label={t('archive.loading')} />}
      {loaded.type === 'refused' || loaded.type === 'unreachable' ? <FailureText failure={loaded} /> : null}
      {loaded.type === 'ok' && loaded.value.shares.length === 0 && <p>{t('archive.shares_none')}</p>}
      {loaded.type === 'ok' && (
        <ul className={styles.list}>
          {loaded.value.shares.map((one) => (
            <li key={one.id} data-testid="share">
              <div>
                <strong>{one.unit_name}</strong>
                <p className={styles.soft}>{t('archive.share_until', { day: day.format(one.expires_at), by: one.by })}</p>
              </div>
              <Button label={t('archive.unshare')} aria-label={t('archive.unshare_of', { name: one.unit_name })} onPress={() => void unshare(one.id)} testId="unshare" />
            </li>
          ))}
        </ul>
      )}
      <form
        className={styles.form}
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void share();
        }}
      >
        <div className={styles.unit}>
          <Field label={t('archive.share_unit')} hint={t('archive.share_unit_hint')} value={unit} onChange={setUnit} maxLength={64} testId="share-unit" />
        </div>
        <NumberInput label={t('archive.share_days')} value={days} onChange={setDays} min={1} max={LONGEST} testId="share-days" />
        <Button type="submit" look="primary" icon="people" label={t('archive.share')} isDisabled={unit.trim() === ''} testId="share-it" />
      </form>
      <FailureText failure={failure} />
    </div>
  );
}
