import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceKind, LocalMedia } from '../../io/devices';
import { playTestTone } from '../../io/meter';
import { Button } from '../kit/Button';
import { Choice } from '../kit/Choice';
import { useStore } from '../useStore';
import styles from './DeviceChoices.module.css';

/** Which microphone, camera and loudspeaker to use. */
export function DeviceChoices({ media, kinds }: { readonly media: LocalMedia; readonly kinds: readonly DeviceKind[] }) {
  const { t } = useTranslation();
  const { choices, chosen } = useStore(media.store);
  const [isPlaying, setIsPlaying] = useState(false);
  return (
    <div className={styles.choices}>
      {kinds.map((kind) => {
        const known = choices[kind].map(({ id, label }, index) => ({
          id,
          label: label === '' ? t('prejoin.unnamed_device', { number: index + 1 }) : label,
        }));
        const choice = (
          <Choice
            key={kind}
            label={t(`prejoin.${kind}`)}
            icon={kind}
            options={[{ id: '', label: t('prejoin.system_default') }, ...known]}
            value={known.some(({ id }) => id === chosen[kind]) ? chosen[kind] : ''}
            onChange={(id) => void media.choose(kind, id)}
            testId={`choose-${kind}`}
          />
        );
        if (kind !== 'speaker') return choice;
        return (
          <div key={kind} className={styles.speaker}>
            {choice}
            <Button
              label={isPlaying ? t('prejoin.testing_speaker') : t('prejoin.test_speaker')}
              isDisabled={isPlaying}
              onPress={() => {
                setIsPlaying(true);
                void playTestTone(chosen.speaker).finally(() => {
                  setIsPlaying(false);
                });
              }}
              testId="test-speaker"
            />
          </div>
        );
      })}
    </div>
  );
}
