import { Dialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { useTranslation } from 'react-i18next';
import type { View } from '../../core/geometry';
import type { LocalMedia } from '../../io/devices';
import { chooseLanguage } from '../i18n/i18n';
import { Button } from '../kit/Button';
import { Segments } from '../kit/Segments';
import { DeviceChoices } from '../prejoin/DeviceChoices';
import { Fault } from '../prejoin/Fault';
import { chooseTheme, theme } from '../theme';
import { useStore } from '../useStore';
import styles from './SettingsDialog.module.css';

interface Props {
  readonly media: LocalMedia;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly view: View;
  readonly onView: (view: View) => void;
}

/** Layout, devices, language, appearance. */
export function SettingsDialog({ media, isOpen, onClose, view, onView }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <ModalOverlay
      className={styles.overlay ?? ''}
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={styles.modal ?? ''}>
        <Dialog className={styles.dialog ?? ''} data-testid="settings-dialog">
          <header>
            <Heading slot="title">{t('settings.title')}</Heading>
            <Button look="quiet" iconOnly icon="close" label={t('app.close')} onPress={onClose} testId="settings-close" />
          </header>
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
          <section aria-label={t('settings.devices')}>
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
      </Modal>
    </ModalOverlay>
  );
}
