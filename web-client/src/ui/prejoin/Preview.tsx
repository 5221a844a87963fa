import { useTranslation } from 'react-i18next';
import type { Wanted } from '../../core/publish';
import type { LocalMedia } from '../../io/devices';
import { Icon } from '../kit/Icon';
import { Toggle } from '../kit/Toggle';
import { OwnVideo } from '../meeting/OwnVideo';
import { useStore } from '../useStore';
import { Fault } from './Fault';
import styles from './Preview.module.css';

interface Props {
  readonly media: LocalMedia;
  readonly wanted: Wanted;
  readonly onWant: (kind: 'microphone' | 'camera', on: boolean) => void;
}

/** What the camera sees, and whether to join with it. */
export function Preview({ media, wanted, onWant }: Props) {
  const { t } = useTranslation();
  const { camera, microphone } = useStore(media.store);
  return (
    <section className={styles.preview}>
      <div className={styles.frame}>
        {camera.track !== null && wanted.camera ? (
          <OwnVideo track={camera.track} label={t('prejoin.preview')} testId="preview" />
        ) : (
          <div className={styles.off}>
            <Icon name="cameraOff" size={34} />
            {camera.opening ? t('prejoin.camera_opening') : t('prejoin.camera_off')}
          </div>
        )}
      </div>
      <div className={styles.toggles}>
        <Toggle
          label={t('prejoin.microphone_on')}
          value={wanted.microphone && microphone.fault === null}
          onChange={(on) => {
            onWant('microphone', on);
          }}
          testId="start-microphone"
        />
        <Toggle
          label={t('prejoin.camera_on')}
          value={wanted.camera && camera.fault === null}
          onChange={(on) => {
            onWant('camera', on);
          }}
          testId="start-camera"
        />
      </div>
      <div>
        <Fault media={media} kind="camera" />
        <Fault media={media} kind="microphone" />
      </div>
    </section>
  );
}
