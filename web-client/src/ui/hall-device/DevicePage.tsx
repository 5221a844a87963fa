import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HallDevice } from '../../core/protocol';
import { askForPairing, getDevice } from '../../io/identity';
import { MessagePage } from '../kit/Message';
import MeetingRoute from '../meeting/MeetingRoute';
import styles from './DevicePage.module.css';

/** How often the device asks what it is to do, in milliseconds. */
const ASK_EVERY = 3_000;

/** A hall comes with its picture; its microphone is opened when it speaks. */
const AT_ONCE = { microphone: false, camera: true };

/** `/device`: a hall's device. It shows a code until it is paired, and from then on goes to its site's meetings by itself. */
export default function DevicePage() {
  const { t } = useTranslation();
  const device = useDevice();
  if (device === null) return <MessagePage icon="stage" title={t('prejoin.checking')} />;
  if (device.state === 'pairing') {
    return (
      <MessagePage icon="screen" title={t('hall_device.title')}>
        <p>{t('hall_device.lead')}</p>
        <p className={styles.code} aria-label={t('hall_device.code')} data-testid="pairing-code">
          {device.code}
        </p>
      </MessagePage>
    );
  }
  if (device.next === null) {
    return (
      <MessagePage icon="screen" title={device.name} testId="hall-waits">
        {t('hall_device.waiting')}
      </MessagePage>
    );
  }
  return <NextMeeting key={device.next.meeting} token={device.next.token} />;
}

/** Keeps the first invitation of a meeting: each answer brings another one. */
function NextMeeting({ token }: { readonly token: string }) {
  const [first] = useState(token);
  return <MeetingRoute token={first} atOnce={AT_ONCE} />;
}

/** What the device is to do, as it was last heard; the server may be away meanwhile. */
function useDevice(): HallDevice | null {
  const [device, setDevice] = useState<HallDevice | null>(null);
  useEffect(() => {
    let handle: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    const ask = async () => {
      let fetched = await getDevice();
      if (fetched.type === 'refused' && fetched.code === 'sign_in_needed') fetched = await askForPairing();
      if (!isCurrent) return;
      if (fetched.type === 'ok') setDevice(fetched.value);
      handle = setTimeout(() => void ask(), ASK_EVERY);
    };
    void ask();
    return () => {
      isCurrent = false;
      clearTimeout(handle);
    };
  }, []);
  return device;
}
