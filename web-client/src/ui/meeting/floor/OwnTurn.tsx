import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { ownFloor, placeInQueue, whyClosed } from '../../../core/procedure/asks';
import { Button } from '../../kit/Button';
import { Strip } from '../now/Strip';
import type { PartProps } from '../part';

/** Whoever asks to speak sees their place; whose microphone waits for the floor sees how to get it. */
export function OwnTurn({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const { session } = attendance;
  if (!may(meeting, 'raise_hand') || ownFloor(meeting) !== null) return null;
  const raise = (raised: boolean) => void session.act({ type: 'set_hand', raised });
  const place = placeInQueue(meeting);
  if (place !== null) {
    return (
      <Strip icon="hand" tone="hand" title={t('floor.place', { place })} text={t('floor.place_hint')} testId="own-place">
        <Button look="quiet" label={t('floor.withdraw')} onPress={() => { raise(false); }} testId="withdraw-hand" />
      </Strip>
    );
  }
  const closed = whyClosed(meeting);
  if (closed !== 'floor' && closed !== 'held') return null;
  return (
    <Strip icon="microphoneOff" tone="plain" title={t(`microphones.closed_${closed}`)} text={t(`microphones.closed_${closed}_hint`)} testId="own-closed">
      <Button icon="hand" label={t('floor.ask')} onPress={() => { raise(true); }} testId="ask-floor" />
    </Strip>
  );
}
