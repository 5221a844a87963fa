import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LocalMedia } from '../../io/devices';
import { LevelMeter, SILENCE } from '../../io/meter';
import { Icon } from '../kit/Icon';
import { useStore } from '../useStore';
import styles from './MicrophoneCheck.module.css';

/** So long nothing must be heard before the page says so, in milliseconds. */
const PATIENCE = 4_000;

type Hearing = 'unknown' | 'heard' | 'silent';

/** How loud the microphone is, as a bar, and in words whether it works. */
export function MicrophoneCheck({ media, isWanted }: { readonly media: LocalMedia; readonly isWanted: boolean }) {
  const { t } = useTranslation();
  const { track } = useStore(media.store).microphone;
  const bar = useRef<HTMLDivElement>(null);
  const [hearing, setHearing] = useState<Hearing>('unknown');

  useEffect(() => {
    if (track === null || !isWanted) return;
    const meter = new LevelMeter(track);
    let lastHeard = performance.now();
    let handle = requestAnimationFrame(function draw(now) {
      const level = meter.read();
      bar.current?.style.setProperty('--level', level.toFixed(3));
      if (level > SILENCE) {
        lastHeard = now;
        setHearing('heard');
      } else if (now - lastHeard > PATIENCE) {
        setHearing('silent');
      }
      handle = requestAnimationFrame(draw);
    });
    return () => {
      cancelAnimationFrame(handle);
      meter.close();
      setHearing('unknown');
    };
  }, [track, isWanted]);

  if (track === null) return null;
  return (
    <section className={styles.check}>
      <Icon name={isWanted ? 'microphone' : 'microphoneOff'} />
      <div className={styles.meter}>
        <div ref={bar} className={styles.bar} role="img" aria-label={t('prejoin.level')} data-testid="level" />
        <p role="status" data-testid="hearing" data-hearing={hearing}>
          {t(isWanted ? TEXTS[hearing] : 'prejoin.muted_hint')}
        </p>
      </div>
    </section>
  );
}

const TEXTS = {
  unknown: 'prejoin.level',
  heard: 'prejoin.heard',
  silent: 'prejoin.silent',
} as const satisfies Record<Hearing, string>;
