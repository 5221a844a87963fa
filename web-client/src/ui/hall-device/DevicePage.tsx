import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HallDevice } from '../../core/protocol';
import { askForPairing, getDevice } from '../../io/identity';
import MeetingRoute from '../meeting/MeetingRoute';
import { HallScreen, Waiting } from './HallScreen';
import styles from './HallScreen.module.css';

/** How often the device asks what it is to do, in milliseconds. */
const ASK_EVERY = 3_000;

/** A hall comes with its picture; its microphone is opened when it speaks. */
const AT_ONCE = { microphone: false, camera: true };

/** What was heard last, and whether the server is away now. */
interface Heard {
  readonly device: HallDevice | null;
  readonly isAway: boolean;
}

/** `/device`: a hall's device. It shows a code until it is paired, and from then on goes to its site's meetings by itself. */
export default function DevicePage() {
  const { t } = useTranslation();
  const { device, isAway } = useDevice();
  if (device === null) return <HallScreen isAway={isAway} title={t('prejoin.checking')} />;
  if (device.state === 'pairing') {
    return (
      <HallScreen isAway={isAway} title={t('hall_device.title')}>
        <p className={styles.code} aria-label={t('hall_device.code')} data-testid="pairing-code">
          {device.code}
        </p>
        <p className={styles.lead}>{t('hall_device.lead')}</p>
      </HallScreen>
    );
  }
  if (device.next?.token == null) return <Waiting isAway={isAway} site={device.name} next={device.next} />;
  return <NextMeeting key={device.next.meeting} token={device.next.token} />;
}

/** Keeps the first invitation of a meeting: each answer brings another one. */
function NextMeeting({ token }: { readonly token: string }) {
  const [first] = useState(token);
  return <MeetingRoute token={first} atOnce={AT_ONCE} />;
}

/** What the device is to do, as it was last heard; the server may be away meanwhile. */
function useDevice(): Heard {
  const [heard, setHeard] = useState<Heard>({ device: null, isAway: false });
  useEffect(() => {
    let handle: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    const ask = async () => {
      let fetched = await getDevice();
      if (fetched.type === 'refused' && fetched.code === 'sign_in_needed') fetched = await askForPairing();
      if (!isCurrent) return;
      if (fetched.type === 'ok') setHeard({ device: fetched.value, isAway: false });
      else setHeard(({ device }) => ({ device, isAway: true }));
      handle = setTimeout(() => void ask(), ASK_EVERY);
    };
    void ask();
    return () => {
      isCurrent = false;
      clearTimeout(handle);
    };
  }, []);
  return heard;
}
