import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { clockText } from '../../../core/archive/playing';
import { type Playback, RATES } from '../../../io/playback';
import { Button } from '../../kit/Button';
import { Choice } from '../../kit/Choice';
import { Icon } from '../../kit/Icon';
import { useStore } from '../../useStore';
import styles from './Player.module.css';

/** A step of the arrow keys and of the buttons, in milliseconds. */
const STEP = 10_000;

interface Props {
  readonly playback: Playback;
  readonly title: string;
  /** When agenda items begin, to leap between them. */
  readonly leaps: readonly number[];
}

/** The picture, and what is done with it; every key has a button. */
export function Player({ playback, title, leaps }: Props) {
  const { t, i18n } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const frame = useRef<HTMLElement>(null);
  const { at, isPlaying, isWaiting, hasFailed, rate, volume, gap } = useStore(playback.view);
  const { duration } = playback.programme;

  useEffect(() => {
    if (video.current === null) return;
    return playback.attach(video.current);
  }, [playback]);

  const rateText = (value: number) => t('archive.rate', { rate: value.toLocaleString(i18n.language) });
  const faster = (step: 1 | -1) => {
    const next = RATES[RATES.findIndex((one) => one === rate) + step];
    if (next !== undefined) playback.setRate(next);
  };
  const leap = (step: 1 | -1) => {
    // Back goes to the beginning of this item first.
    const before = leaps.filter((one) => one < at - 2_000).at(-1) ?? 0;
    playback.seek(step > 0 ? (leaps.find((one) => one > at) ?? duration) : before);
  };
  const toggleScreen = () => {
    if (document.fullscreenElement === null) void frame.current?.requestFullscreen();
    else void document.exitFullscreen();
  };
  const keys: Readonly<Record<string, () => void>> = {
    ' ': () => { playback.toggle(); },
    k: () => { playback.toggle(); },
    ArrowLeft: () => { playback.seek(at - STEP); },
    ArrowRight: () => { playback.seek(at + STEP); },
    ArrowUp: () => { playback.setVolume(Math.min(1, volume + 0.1)); },
    ArrowDown: () => { playback.setVolume(Math.max(0, volume - 0.1)); },
    Home: () => { playback.seek(0); },
    End: () => { playback.seek(duration); },
    PageUp: () => { leap(-1); },
    PageDown: () => { leap(1); },
    '<': () => { faster(-1); },
    '>': () => { faster(1); },
    f: toggleScreen,
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const act = keys[event.key];
    // A key on a button or a list belongs to that.
    if (act === undefined || event.target !== event.currentTarget || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  };

  return (
    <section className={styles.player} aria-label={t('archive.player')} data-testid="player" data-playing={isPlaying} data-at={Math.round(at)} ref={frame}>
      <div
        className={styles.screen}
        role="group"
        aria-label={t('archive.screen', { title })}
        aria-describedby="player-keys"
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={() => { playback.toggle(); }}
        data-testid="screen"
      >
        <video ref={video} playsInline preload="metadata" />
        {hasFailed && (
          <div className={styles.cover} role="alert">
            <Icon name="warning" size={30} />
            <p>{t('archive.play_failed')}</p>
          </div>
        )}
        {!hasFailed && gap !== null && (
          <div className={styles.cover} role="status" data-testid="gap-shown">
            <Icon name="pause" size={30} />
            <strong>{t('archive.gap_here', { from: clockText(gap.from, duration), to: clockText(gap.to, duration) })}</strong>
            <p>{t(`archive.gap.${gap.reason}`)}</p>
          </div>
        )}
        {!hasFailed && gap === null && !isPlaying && (
          <span className={styles.big} aria-hidden="true">
            <Icon name="play" size={38} />
          </span>
        )}
        {isWaiting && (
          <p className={styles.waiting} role="status">
            {t('archive.waiting')}
          </p>
        )}
      </div>
      <p id="player-keys" className="visually-hidden">
        {t('archive.keys')}
      </p>
      <div className={styles.controls}>
        <Button look="primary" iconOnly icon={isPlaying ? 'pause' : 'play'} label={t(isPlaying ? 'archive.pause' : 'archive.play')} onPress={() => { playback.toggle(); }} testId="play" />
        <Button look="quiet" label="−10" aria-label={`−10: ${t('archive.back_10')}`} onPress={() => { playback.seek(at - STEP); }} testId="back-10" />
        <Button look="quiet" label="+10" aria-label={`+10: ${t('archive.on_10')}`} onPress={() => { playback.seek(at + STEP); }} testId="on-10" />
        <p className={styles.time}>
          <span data-testid="clock">{clockText(at, duration)}</span> / {clockText(duration)}
        </p>
        <span className={styles.space} />
        <label className={styles.volume}>
          <Icon name="speaker" size={20} />
          <span className="visually-hidden">{t('archive.volume')}</span>
          <input type="range" min={0} max={1} step={0.05} value={volume} onChange={(event) => { playback.setVolume(Number(event.target.value)); }} />
        </label>
        <div className={styles.rate}>
          <Choice
            label={t('archive.speed')}
            quietLabel
            options={RATES.map((value) => ({ id: String(value), label: rateText(value) }))}
            value={String(rate)}
            onChange={(id) => { playback.setRate(Number(id)); }}
            testId="speed"
          />
        </div>
        <Button look="quiet" iconOnly icon="stage" label={t('archive.full_screen')} onPress={toggleScreen} testId="full-screen" />
      </div>
    </section>
  );
}
