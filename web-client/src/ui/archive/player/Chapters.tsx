import { useTranslation } from 'react-i18next';
import { chaptersOf, currentOf } from '../../../core/archive/course';
import { clockText } from '../../../core/archive/playing';
import type { RecordingTimeline } from '../../../core/protocol';
import type { Playback } from '../../../io/playback';
import { Icon } from '../../kit/Icon';
import { useStore } from '../../useStore';
import styles from './Chapters.module.css';

interface Props {
  readonly playback: Playback;
  readonly timeline: RecordingTimeline;
}

/** The course of the meeting, item by item; a press plays from there. What is missing is said first. */
export function Chapters({ playback, timeline }: Props) {
  const { t } = useTranslation();
  const { at } = useStore(playback.view);
  const { duration, gaps } = timeline;
  const chapters = chaptersOf(timeline);
  const current = currentOf(chapters, at);
  const go = (moment: number) => () => { playback.playFrom(moment); };
  return (
    <div className={styles.course} data-testid="chapters">
      {gaps.length > 0 && (
        <section className={styles.gaps} aria-label={t('archive.gaps')}>
          <h3>
            <Icon name="warning" size={18} />
            {t('archive.gaps_title', { count: gaps.length })}
          </h3>
          <ul>
            {gaps.map((gap) => (
              <li key={gap.from}>
                <button type="button" onClick={go(gap.from)} data-testid="gap-line">
                  <span className={styles.at}>{clockText(gap.from, duration)}–{clockText(gap.to, duration)}</span>
                  <span>{t(`archive.gap.${gap.reason}`)}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {chapters.length === 0 && <p className={styles.none}>{t('archive.no_chapters')}</p>}
      <ol className={styles.chapters}>
        {chapters.map((chapter, index) => (
          <li key={chapter.at} data-current={index === current}>
            <button type="button" className={styles.head} onClick={go(chapter.at)} {...(index === current && { 'aria-current': 'true' })} data-testid="chapter">
              <span className={styles.at}>{clockText(chapter.at, duration)}</span>
              <strong>{chapter.title ?? t('archive.opening')}</strong>
            </button>
            <ol className={styles.marks}>
              {chapter.marks.map((mark) => (
                <li key={`${mark.at} ${mark.kind}`}>
                  <button type="button" onClick={go(mark.at)} data-testid="mark">
                    <span className={styles.at}>{clockText(mark.at, duration)}</span>
                    <Icon name={mark.kind === 'speaker' ? 'microphone' : 'stage'} size={16} />
                    <span>
                      <span className="visually-hidden">{t(mark.kind === 'speaker' ? 'archive.mark_speaker' : 'archive.mark_stage')} </span>
                      {mark.title}
                    </span>
                  </button>
                </li>
              ))}
            </ol>
          </li>
        ))}
      </ol>
    </div>
  );
}
