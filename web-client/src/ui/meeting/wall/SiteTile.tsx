import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { SiteState } from '../../../core/wall/sites';
import { Icon, type IconName } from '../../kit/Icon';
import styles from './SiteTile.module.css';

interface Props {
  readonly site: SiteState;
  /** In one line, for the list. */
  readonly isLine?: boolean;
  /** Its unit does not stand above it. */
  readonly withUnit?: boolean;
  readonly isPicked: boolean;
  readonly onPick: (participant: string) => void;
}

type Tone = 'plain' | 'soft' | 'good' | 'hand' | 'danger';

interface Sign {
  readonly icon: IconName;
  readonly text: string;
  readonly tone: Tone;
}

/** One site: its name and how it is. What is wrong stands in words and in colour. */
export const SiteTile = memo(function SiteTile({ site, isLine = false, withUnit = false, isPicked, onPick }: Props) {
  const { t } = useTranslation();
  const { participant, filters, headcount, checkIn, hand, sound } = site;
  const signs = useSigns(site);
  const trouble = filters.find((filter) => filter !== 'hand');
  const isLoud = sound === 'speaking';
  return (
    <button
      type="button"
      className={isLine ? styles.line : styles.tile}
      aria-pressed={isPicked}
      data-trouble={trouble}
      data-hand={hand !== null}
      data-loud={isLoud}
      data-presence={participant.presence}
      onClick={() => { onPick(participant.id); }}
      data-testid="wall-site"
      data-participant={participant.id}
    >
      <span className={styles.name}>{participant.name}</span>
      <span className={styles.facts}>
        {trouble !== undefined ? <strong className={styles.trouble}>{t(`wall.filter.${trouble}`)}</strong> : t(`wall.sound.${sound}`)}
        {headcount !== null && <span> · {t('wall.heads', { count: headcount })}</span>}
        {withUnit && participant.unit !== null && <span> · {participant.unit}</span>}
        {headcount === null && checkIn !== 'none' && <span> · {t(`wall.check_in.${checkIn}`)}</span>}
      </span>
      <span className={styles.signs}>
        {signs.map(({ icon, text, tone }) => (
          <span key={text} className={styles.sign} data-tone={tone} title={text}>
            <Icon name={icon} size={18} />
            <span className="visually-hidden">, {text}</span>
          </span>
        ))}
        {hand !== null && (
          <span className={styles.place} aria-hidden="true">
            {hand}
          </span>
        )}
        {isLoud && (
          <span className={styles.level} aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
        )}
      </span>
    </button>
  );
});

/** How it is, sign by sign. */
function useSigns({ participant, sound, picture, line, checkIn, hand, hasFloor, isOnStage, filters }: SiteState): readonly Sign[] {
  const { t } = useTranslation();
  const lacks = filters.includes('no_sound');
  const isHere = participant.presence === 'present';
  return [
    ...(isHere ? [] : [{ icon: 'door', text: t(`wall.presence.${participant.presence}`), tone: 'danger' } as const]),
    {
      icon: sound === 'speaking' || sound === 'open' ? 'microphone' : 'microphoneOff',
      text: t(`wall.sound.${sound}`),
      tone: lacks ? 'danger' : sound === 'speaking' ? 'good' : sound === 'open' ? 'plain' : 'soft',
    },
    { icon: picture === 'screen' ? 'screen' : picture === 'on' ? 'camera' : 'cameraOff', text: t(`wall.picture.${picture}`), tone: picture === 'off' ? 'soft' : 'plain' },
    { icon: 'line', text: t(`wall.line.${line}`), tone: line === 'lost' ? 'danger' : line === 'good' ? 'good' : 'soft' },
    ...(checkIn === 'none' ? [] : [{ icon: 'roll', text: t(`wall.check_in.${checkIn}`), tone: checkIn === 'present' ? 'good' : checkIn === 'waiting' ? 'soft' : 'hand' } as const]),
    ...(hasFloor ? [{ icon: 'gavel', text: t('wall.floor'), tone: 'good' } as const] : []),
    ...(isOnStage ? [{ icon: 'stage', text: t('wall.on_stage'), tone: 'good' } as const] : []),
    ...(hand === null ? [] : [{ icon: 'hand', text: t('wall.hand', { place: hand }), tone: 'hand' } as const]),
  ];
}
