import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tile } from '../../core/arrange';
import type { Rect, View } from '../../core/geometry';
import { participantOf } from '../../core/meeting';
import type { Attendance } from '../../io/attendance';
import type { LocalMedia } from '../../io/devices';
import { useStore } from '../useStore';
import { MainPicture } from './MainPicture';
import { OtherTile } from './OtherTile';
import { Pager } from './Pager';
import { SelfTile } from './SelfTile';
import styles from './Room.module.css';

interface Props {
  readonly attendance: Attendance;
  readonly media: LocalMedia;
  readonly view: View;
  readonly onMore: () => void;
}

/** Where the pictures stand. */
export function Room({ attendance, media, view, onMore }: Props) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { arrangement, meeting, speaking } = useStore(session.view);
  const room = useRef<HTMLElement>(null);

  useEffect(() => {
    const element = room.current;
    if (element === null) return;
    const measure = () => {
      session.arrangeIn({ width: element.clientWidth, height: element.clientHeight }, view);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => {
      observer.disconnect();
    };
  }, [session, view]);

  if (meeting === null) return null;
  const tileOf = (tile: Tile) => {
    switch (tile.type) {
      case 'self':
        return (
          <li key="self" className={styles.place} style={styleOf(tile.rect)}>
            <SelfTile attendance={attendance} media={media} />
          </li>
        );
      case 'other': {
        const participant = participantOf(meeting.snapshot, tile.participant);
        if (participant === undefined) return null;
        return (
          <li key={participant.id} className={styles.place} style={styleOf(tile.rect)}>
            <OtherTile
              session={session}
              participant={participant}
              mid={tile.mid}
              isSpeaking={speaking.includes(participant.id)}
            />
          </li>
        );
      }
      case 'more':
        return (
          <li key="more" className={styles.place} style={styleOf(tile.rect)}>
            <button type="button" className={styles.more} onClick={onMore} data-testid="more">
              <span>+{tile.count}</span>
              {t('meeting.more', { count: tile.count })}
            </button>
          </li>
        );
    }
  };
  return (
    <main className={styles.room} ref={room}>
      {arrangement.mainRect !== null && (
        <div className={styles.place} style={styleOf(arrangement.mainRect)}>
          <MainPicture attendance={attendance} />
        </div>
      )}
      <Pager session={session} />
      <ul aria-label={t('meeting.tiles')} data-testid="tiles">
        {arrangement.tiles.map(tileOf)}
      </ul>
    </main>
  );
}

function styleOf({ left, top, width, height }: Rect) {
  return { left, top, width, height };
}
