import { type KeyboardEvent, type PointerEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Turn, SPEAKER_COLOURS, speakersOf } from '../../../core/archive/course';
import { heightOf, type Peaks } from '../../../core/archive/peaks';
import { clockText } from '../../../core/archive/playing';
import type { RecordingMark, RecordingTimeline } from '../../../core/protocol';
import type { Playback } from '../../../io/playback';
import type { Waveform } from '../../../io/waveform';
import { useStore } from '../../useStore';
import styles from './Strip.module.css';

const STEP = 10_000;
const PAGE = 60_000;

interface Props {
  readonly playback: Playback;
  readonly waveform: Waveform;
  readonly timeline: RecordingTimeline;
  readonly turns: readonly Turn[];
}

/** The whole recording in a strip: how loud, who spoke, what is missing, where items begin. */
export function Strip({ playback, waveform, timeline, turns }: Props) {
  const { t, i18n } = useTranslation();
  const { at } = useStore(playback.view);
  const wave = useStore(waveform.view);
  const { duration, gaps } = timeline;
  useEffect(() => waveform.start(), [waveform]);
  const place = (moment: number) => `${(Math.min(moment, duration) / Math.max(1, duration)) * 100}%`;
  const span = (from: number, to: number) => ({ left: place(from), width: place(to - from) });
  const items = timeline.chapters.filter(({ kind }) => kind === 'agenda');

  return (
    <section className={styles.strip} aria-label={t('archive.strip')}>
      <Scrubber playback={playback} items={items}>
        {wave.type === 'none' ? <Blocks turns={turns} duration={duration} /> : <Wave peaks={wave.peaks} />}
        {gaps.map((gap) => (
          <span key={gap.from} className={styles.gap} style={span(gap.from, gap.to)} title={t(`archive.gap.${gap.reason}`)} data-testid="gap" />
        ))}
        {items.map((item) => (
          <span key={item.at} className={styles.item} style={{ left: place(item.at) }} title={item.title} />
        ))}
        <span className={styles.played} style={{ width: place(at) }} />
      </Scrubber>
      <Turns turns={turns} playback={playback} span={span} />
      <p className={styles.note} role="status" data-testid="waveform" data-state={wave.type}>
        {wave.type === 'computing'
          ? t('archive.wave_computing', { percent: Math.round(wave.progress * 100).toLocaleString(i18n.language) })
          : wave.type === 'none'
            ? t(`archive.wave_none.${wave.why}`)
            : t('archive.wave_done')}
      </p>
    </section>
  );
}

interface ScrubberProps {
  readonly playback: Playback;
  readonly items: readonly RecordingMark[];
  readonly children: React.ReactNode;
}

/** A slider over the strip. */
function Scrubber({ playback, items, children }: ScrubberProps) {
  const { t } = useTranslation();
  const { at } = useStore(playback.view);
  const { duration } = playback.programme;
  const [isHeld, setIsHeld] = useState(false);
  const seekTo = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    playback.seek(((event.clientX - left) / Math.max(1, width)) * duration);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to: Readonly<Record<string, number>> = {
      ArrowLeft: at - STEP,
      ArrowDown: at - STEP,
      ArrowRight: at + STEP,
      ArrowUp: at + STEP,
      PageDown: at - PAGE,
      PageUp: at + PAGE,
      Home: 0,
      End: duration,
    };
    const moment = to[event.key];
    if (moment === undefined) return;
    event.preventDefault();
    playback.seek(moment);
  };
  const item = items.findLast((one) => one.at <= at);
  const words = t('archive.moment', { at: clockText(at, duration), of: clockText(duration) });
  return (
    <div
      className={styles.wave}
      role="slider"
      tabIndex={0}
      aria-label={t('archive.position')}
      aria-valuemin={0}
      aria-valuemax={Math.round(duration / 1_000)}
      aria-valuenow={Math.round(at / 1_000)}
      aria-valuetext={item === undefined ? words : `${words}, ${item.title}`}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setIsHeld(true);
        seekTo(event);
      }}
      onPointerMove={(event) => { if (isHeld) seekTo(event); }}
      onPointerUp={() => { setIsHeld(false); }}
      onPointerCancel={() => { setIsHeld(false); }}
      data-testid="scrubber"
    >
      {children}
    </div>
  );
}

/** How loud the mix is; what is not known yet is a thin line. */
function Wave({ peaks }: { readonly peaks: Peaks }) {
  const lines = Array.from(peaks, (peak, column) => {
    const half = Math.max(1, heightOf(peak) * 47);
    return `M${column} ${50 - half}v${half * 2}`;
  });
  return (
    <svg className={styles.svg} viewBox={`0 0 ${peaks.length} 100`} preserveAspectRatio="none" aria-hidden="true">
      <path d={lines.join('')} />
    </svg>
  );
}

/** In place of the waveform: where somebody spoke. */
function Blocks({ turns, duration }: { readonly turns: readonly Turn[]; readonly duration: number }) {
  return (
    <svg className={styles.svg} viewBox={`0 0 ${Math.max(1, duration)} 100`} preserveAspectRatio="none" aria-hidden="true">
      {turns.map(({ from, to }) => (
        <rect key={from} x={from} y={30} width={to - from} height={40} />
      ))}
    </svg>
  );
}

interface TurnsProps {
  readonly turns: readonly Turn[];
  readonly playback: Playback;
  readonly span: (from: number, to: number) => { readonly left: string; readonly width: string };
}

/** Who spoke when: one stop of the keyboard, the arrows go from one to the next. */
function Turns({ turns, playback, span }: TurnsProps) {
  const { t } = useTranslation();
  const { duration } = playback.programme;
  const speakers = speakersOf(turns);
  const colourOf = (name: string) => speakers.findIndex((speaker) => speaker.name === name) % SPEAKER_COLOURS;
  if (turns.length === 0) return <p className={styles.note}>{t('archive.no_speakers')}</p>;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const { target } = event;
    if (!(target instanceof HTMLElement)) return;
    const next = event.key === 'ArrowRight' ? target.nextElementSibling : event.key === 'ArrowLeft' ? target.previousElementSibling : null;
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <>
      <div className={styles.turns} role="group" aria-label={t('archive.speakers')} onKeyDown={onKeyDown} data-testid="turns">
        {turns.map(({ from, to, name }, index) => (
          <button
            key={from}
            type="button"
            tabIndex={index === 0 ? 0 : -1}
            className={styles.turn}
            data-colour={colourOf(name)}
            style={span(from, to)}
            aria-label={t('archive.turn', { name, from: clockText(from, duration), to: clockText(to, duration) })}
            title={`${name} · ${clockText(from, duration)}–${clockText(to, duration)}`}
            onClick={() => { playback.playFrom(from); }}
            data-testid="turn"
          >
            <span aria-hidden="true">{name}</span>
          </button>
        ))}
      </div>
      <ul className={styles.legend} aria-label={t('archive.speakers')}>
        {speakers.map(({ name, total, turns: own }) => (
          <li key={name}>
            <button
              type="button"
              onClick={() => {
                const { at } = playback.view.get();
                playback.playFrom((own.find(({ from }) => from > at) ?? own[0])?.from ?? 0);
              }}
              data-testid="speaker"
            >
              <span className={styles.swatch} data-colour={colourOf(name)} aria-hidden="true" />
              {name}
              <span className={styles.total}>{clockText(total)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
