import { useTranslation } from 'react-i18next';
import { isHeard, self } from '../../core/meeting';
import type { Attendance } from '../../io/attendance';
import type { LocalMedia } from '../../io/devices';
import { Icon } from '../kit/Icon';
import { useStore } from '../useStore';
import { Face } from './Face';
import { NamePlate } from './NamePlate';
import { OwnVideo } from './OwnVideo';
import styles from './Tile.module.css';

/** Ourselves, from our own camera: the server sends nothing back. */
export function SelfTile({ attendance, media }: { readonly attendance: Attendance; readonly media: LocalMedia }) {
  const { t } = useTranslation();
  const { camera } = useStore(media.store);
  const own = useStore(attendance.own);
  const { meeting, speaking, line } = useStore(attendance.session.view);
  const me = meeting === null ? undefined : self(meeting);
  if (me === undefined) return null;
  const name = t('meeting.name_you', { name: me.name });
  return (
    <div
      className={styles.tile}
      data-testid="self-tile"
      data-speaking={speaking.includes(me.id)}
      data-hand={me.hand_raised_at !== null}
    >
      {own.camera && camera.track !== null ? (
        <OwnVideo track={camera.track} label={name} />
      ) : (
        <div className={styles.face}>
          <Face name={me.name} number={me.number} />
        </div>
      )}
      {line === 'reduced' && (
        <span className={styles.line} role="img" aria-label={t('meeting.line_reduced')} title={t('meeting.line_reduced')} data-testid="line-reduced">
          <Icon name="bars" size={20} />
        </span>
      )}
      <NamePlate name={name} isOpen={own.microphone && isHeard(me)} hasHand={me.hand_raised_at !== null} />
    </div>
  );
}
