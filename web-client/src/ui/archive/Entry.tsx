import { useTranslation } from 'react-i18next';
import { sizeText } from '../../core/archive/checked';
import { clockText } from '../../core/archive/playing';
import type { FoundPlace, MinutesState, RecordingEntry } from '../../core/protocol';
import { Icon } from '../kit/Icon';
import { Chip, type Tone } from '../kit/Section';
import { pageOf } from './address';
import styles from './Entry.module.css';

const TONES: Readonly<Record<MinutesState, Tone>> = { editing: 'hand', approved: 'brand', issued: 'good', signed: 'good' };

/** One archive in the list; where words were looked for, the places where they stand. */
export function Entry({ entry, token }: { readonly entry: RecordingEntry; readonly token: string }) {
  const { t, i18n } = useTranslation();
  const { meeting, title, host_unit: unit, began_at: beganAt, duration, size, minutes, number, state } = entry;
  const isReady = state === 'ready';
  const day = new Intl.DateTimeFormat(i18n.language, { weekday: 'long', day: 'numeric', month: 'numeric', year: 'numeric' });
  const time = new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return (
    <li className={styles.entry} data-testid="recording" data-state={state}>
      <div className={styles.what}>
        {isReady ? (
          <a className={styles.title} href={pageOf(meeting, token)} data-testid="open">
            {title ?? meeting}
          </a>
        ) : (
          <p className={styles.title}>{title ?? (state === 'destroyed' ? meeting : t('archive.under_way'))}</p>
        )}
        <p className={styles.facts}>
          {unit !== null && <span>{unit}</span>}
          {beganAt !== null && <span>{t('archive.on_day', { day: day.format(beganAt), time: time.format(beganAt) })}</span>}
          {duration !== null && <span>{t('archive.lasts', { time: clockText(duration) })}</span>}
          {size !== null && <span>{sizeText(size, i18n.language)}</span>}
        </p>
        {entry.found.length > 0 && (
          <ul className={styles.found} aria-label={t('archive.found')}>
            {entry.found.map((place, index) => (
              <Place key={index} place={place} meeting={meeting} token={token} />
            ))}
          </ul>
        )}
      </div>
      <div className={styles.signs}>
        {state === 'under_way' && <Chip tone="brand" icon="record">{t('archive.state_under_way')}</Chip>}
        {state === 'destroyed' && <Chip tone="brand" icon="document">{t('archive.state_destroyed')}</Chip>}
        {minutes !== null && (
          <Chip tone={TONES[minutes]} icon="document" testId="minutes-state">
            {number === null ? t(`archive.minutes_state.${minutes}`) : `${t(`archive.minutes_state.${minutes}`)} · ${number}`}
          </Chip>
        )}
      </div>
      {isReady && (
        <span className={styles.go} aria-hidden="true">
          <Icon name="next" size={20} />
        </span>
      )}
    </li>
  );
}

function Place({ place: { place, words, at }, meeting, token }: { readonly place: FoundPlace; readonly meeting: string; readonly token: string }) {
  const { t } = useTranslation();
  return (
    <li data-testid="found">
      <span className={styles.place}>{t(`archive.place.${place}`)}</span>
      <span>
        {words.map(({ text, matches }, index) => (matches ? <mark key={index}>{text}</mark> : text))}
      </span>
      {at !== null && (
        <a href={pageOf(meeting, token, at)} className={styles.moment} data-testid="found-moment">
          <Icon name="play" size={14} />
          {t('archive.play_at', { at: clockText(at) })}
        </a>
      )}
    </li>
  );
}
