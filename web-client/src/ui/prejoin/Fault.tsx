import { useTranslation } from 'react-i18next';
import type { LocalMedia } from '../../io/devices';
import { Button } from '../kit/Button';
import { Icon } from '../kit/Icon';
import { useStore } from '../useStore';
import styles from './Fault.module.css';

/** What is wrong with a device, and what to do about it. */
export function Fault({ media, kind }: { readonly media: LocalMedia; readonly kind: 'microphone' | 'camera' }) {
  const { t } = useTranslation();
  const { fault } = useStore(media.store)[kind];
  return (
    <div role="status">
      {fault !== null && (
        <div className={styles.fault} data-testid={`fault-${kind}`} data-fault={fault}>
          <Icon name="warning" />
          <p>{t(`fault.${kind}.${fault}`)}</p>
          <Button label={t('app.retry')} onPress={() => void media.open(kind)} />
        </div>
      )}
    </div>
  );
}
