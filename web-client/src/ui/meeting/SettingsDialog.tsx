import { useTranslation } from 'react-i18next';
import type { View } from '../../core/geometry';
import type { LocalMedia } from '../../io/devices';
import { chooseLanguage } from '../i18n/i18n';
import { Dialog } from '../kit/Dialog';
import { Segments } from '../kit/Segments';
import { DeviceChoices } from '../prejoin/DeviceChoices';
import { Fault } from '../prejoin/Fault';
import { chooseTheme, theme } from '../theme';
import { useStore } from '../useStore';
import styles from './SettingsDialog.module.css';

interface Props {
  readonly media: LocalMedia;
  readonly onClose: () => void;
  readonly view: View;
  readonly onView: (view: View) => void;
}

/** Layout, devices, language, appearance. */
export function SettingsDialog({ media, onClose, view, onView }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <Dialog title={t('settings.title')} onClose={onClose} testId="settings-dialog">
      <Segments
        label={t('settings.view')}
        options={[
          { id: 'stage', label: t('settings.view_stage') },
          { id: 'grid', label: t('settings.view_grid') },
          { id: 'focus', label: t('settings.view_focus') },
        ]}
        value={view}
        onChange={onView}
      />
      <section className={styles.devices} aria-label={t('settings.devices')}>
        <DeviceChoices media={media} kinds={['microphone', 'camera', 'speaker']} />
        <Fault media={media} kind="microphone" />
        <Fault media={media} kind="camera" />
      </section>
      <div className={styles.pair}>
        <Segments
          label={t('app.language')}
          options={[
            { id: 'vi', label: 'Tiếng Việt' },
            { id: 'en', label: 'English' },
          ]}
          value={i18n.language === 'en' ? 'en' : 'vi'}
          onChange={chooseLanguage}
        />
        <Segments
          label={t('app.theme')}
          options={[
            { id: 'light', label: t('app.light') },
            { id: 'dark', label: t('app.dark') },
          ]}
          value={useStore(theme)}
          onChange={chooseTheme}
        />
      </div>
    </Dialog>
  );
}
