import { type SubmitEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Period, PERIODS, periodOf, unitsOf } from '../../core/archive/listing';
import type { RecordingEntry } from '../../core/protocol';
import type { Archive } from '../../io/archive';
import { type Failure, FailureText } from '../account/Card';
import { Button } from '../kit/Button';
import { Choice } from '../kit/Choice';
import { Field } from '../kit/Field';
import { Icon } from '../kit/Icon';
import { Page } from '../kit/Page';
import { Entry } from './Entry';
import styles from './ListPage.module.css';
import { Refused } from './Refused';
import { Working } from './Working';

interface Props {
  readonly archive: Archive;
  readonly token: string;
}

/** What is looked for. */
interface Wanted {
  readonly query: string;
  readonly unit: string;
  readonly period: Period;
}

interface Found {
  readonly wanted: Wanted;
  readonly recordings: readonly RecordingEntry[];
  readonly next: string | null;
}

const EVERYTHING: Wanted = { query: '', unit: '', period: 'any' };

/** All archives that one may read, and the search in them. */
export function ListPage({ archive, token }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [wanted, setWanted] = useState(EVERYTHING);
  const [found, setFound] = useState<Found | null>(null);
  const [units, setUnits] = useState<readonly { readonly id: string; readonly name: string }[]>([]);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [attempt, setAttempt] = useState(1);

  useEffect(() => {
    let isCurrent = true;
    void archive.list({ query: wanted.query, unit: wanted.unit, ...periodOf(wanted.period, Date.now()), cursor: null }).then((fetched) => {
      if (!isCurrent) return;
      setFailure(fetched.type === 'ok' ? null : fetched);
      if (fetched.type !== 'ok') return;
      setFound({ wanted, ...fetched.value });
      setUnits((known) => unitsOf(known, fetched.value.recordings));
    });
    return () => { isCurrent = false; };
  }, [archive, wanted, attempt]);

  const again = () => { setAttempt(attempt + 1); };
  if (failure?.type === 'refused' && found === null) return <Refused code={failure.code} />;
  const isSearching = found?.wanted !== wanted && failure === null;
  const isNarrowed = wanted.query !== '' || wanted.unit !== '' || wanted.period !== 'any';
  const showAll = () => {
    setTyped('');
    setWanted(EVERYTHING);
  };
  const more = async (so: Found) => {
    const fetched = await archive.list({ query: so.wanted.query, unit: so.wanted.unit, ...periodOf(so.wanted.period, Date.now()), cursor: so.next });
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') setFound({ ...so, recordings: [...so.recordings, ...fetched.value.recordings], next: fetched.value.next });
  };

  return (
    <Page>
      <title>{`${t('archive.title')} – Điểm Cầu`}</title>
      <div className={styles.head}>
        <h1>{t('archive.title')}</h1>
        <p>{t('archive.lead')}</p>
      </div>
      <form
        className={styles.search}
        role="search"
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          setWanted({ ...wanted, query: typed.trim() });
        }}
      >
        <div className={styles.query}>
          <Field label={t('archive.query')} placeholder={t('archive.query_example')} value={typed} onChange={setTyped} testId="query" />
        </div>
        <Choice
          label={t('archive.unit')}
          options={[{ id: '', label: t('archive.all_units') }, ...units.map(({ id, name }) => ({ id, label: name }))]}
          value={wanted.unit}
          onChange={(unit) => { setWanted({ ...wanted, unit }); }}
          testId="unit"
        />
        <Choice
          label={t('archive.period')}
          options={PERIODS.map((id) => ({ id, label: t(`archive.periods.${id}`) }))}
          value={wanted.period}
          onChange={(period) => { setWanted({ ...wanted, period }); }}
          testId="period"
        />
        <Button type="submit" look="primary" icon="search" label={t('archive.search')} testId="search" />
      </form>
      {failure !== null && (
        <div className={styles.failed}>
          <FailureText failure={failure} />
          <Button label={t('archive.again')} onPress={again} testId="again" />
        </div>
      )}
      {isSearching && <Working label={t(found === null ? 'archive.loading' : 'archive.searching')} />}
      {found !== null && !isSearching && (
        <>
          <p className={styles.count} role="status" data-testid="count">
            {t(isNarrowed ? 'archive.count_found' : 'archive.count', { count: found.recordings.length, more: found.next === null ? '' : '+' })}
          </p>
          {found.recordings.length === 0 ? (
            <div className={styles.empty} data-testid="empty">
              <Icon name="archive" size={34} />
              <h2>{t(isNarrowed ? 'archive.none_found' : 'archive.none')}</h2>
              <p>{t(isNarrowed ? 'archive.none_found_text' : 'archive.none_text')}</p>
              {isNarrowed && <Button label={t('archive.show_all')} onPress={showAll} testId="show-all" />}
            </div>
          ) : (
            <ul className={styles.list} data-testid="recordings">
              {found.recordings.map((entry) => (
                <Entry key={entry.meeting} entry={entry} token={token} />
              ))}
            </ul>
          )}
          {found.next !== null && (
            <div className={styles.more}>
              <Button label={t('archive.more')} onPress={() => void more(found)} testId="more" />
            </div>
          )}
        </>
      )}
    </Page>
  );
}
