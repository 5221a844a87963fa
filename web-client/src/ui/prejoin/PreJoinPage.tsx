import { type SubmitEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '../../core/protocol';
import type { Wanted } from '../../core/publish';
import type { LocalMedia } from '../../io/devices';
import { preferences, remember } from '../../io/storage';
import { Button } from '../kit/Button';
import { Field } from '../kit/Field';
import { Page } from '../kit/Page';
import { LineCheckButton } from '../precheck/LineCheckButton';
import { useStore } from '../useStore';
import { DeviceChoices } from './DeviceChoices';
import { MicrophoneCheck } from './MicrophoneCheck';
import { Preview } from './Preview';
import styles from './PreJoinPage.module.css';

interface Props {
  readonly invitation: Invitation;
  readonly token: string;
  readonly media: LocalMedia;
  readonly onJoin: (name: string | null, wanted: Wanted) => void;
}

/** Getting ready: who one is, what the camera sees, whether the microphone hears. */
export function PreJoinPage({ invitation, token, media, onJoin }: Props) {
  const { t } = useTranslation();
  const { microphone, camera } = useStore(media.store);
  const publishes = invitation.role !== 'observer';
  const [wanted, setWanted] = useState<Wanted>({ microphone: publishes, camera: publishes });
  const [name, setName] = useState(preferences().name ?? '');
  const needsName = invitation.name === null;

  useEffect(() => {
    if (!publishes) return;
    void media.open('microphone');
    void media.open('camera');
  }, [media, publishes]);

  const want = (kind: 'microphone' | 'camera', on: boolean) => {
    setWanted({ ...wanted, [kind]: on });
    if (on) void media.open(kind);
    else if (kind === 'camera') media.close(kind);
  };

  const join = (event: SubmitEvent) => {
    event.preventDefault();
    const given = name.trim();
    if (needsName) remember({ name: given });
    // A device that is not there is not wanted: joining works without.
    onJoin(needsName ? given : null, {
      microphone: wanted.microphone && microphone.fault === null,
      camera: wanted.camera && camera.fault === null,
    });
  };

  return (
    <Page>
      <title>{`${invitation.title} – Điểm Cầu`}</title>
      <form className={styles.columns} onSubmit={join}>
        <div className={styles.look}>
          {publishes ? (
            <>
              <Preview media={media} wanted={wanted} onWant={want} />
              <MicrophoneCheck media={media} isWanted={wanted.microphone} />
            </>
          ) : (
            <p className={styles.note}>{t('prejoin.observer')}</p>
          )}
          <div className={styles.line}>
            <LineCheckButton token={token} />
          </div>
        </div>
        <div className={styles.facts}>
          <div>
            <p className={styles.eyebrow}>{t('prejoin.title')}</p>
            <h1 data-testid="meeting-title">{invitation.title}</h1>
            <p className={styles.host}>{t('start.hosted_by', { unit: invitation.host_unit })}</p>
          </div>
          <dl className={styles.who}>
            <dt>{t('prejoin.as')}</dt>
            <dd>
              {!needsName && <strong>{invitation.name}</strong>}
              <span>
                {t(`role.${invitation.role}`)}
                {invitation.unit !== null && ` · ${invitation.unit}`}
              </span>
            </dd>
          </dl>
          {needsName && (
            <Field
              label={t('prejoin.your_name')}
              hint={t('prejoin.name_needed')}
              value={name}
              onChange={setName}
              maxLength={120}
              required
              testId="name"
            />
          )}
          <DeviceChoices media={media} kinds={publishes ? ['microphone', 'camera', 'speaker'] : ['speaker']} />
          <div className={styles.join}>
            <Button
              type="submit"
              look="primary"
              large
              label={t('prejoin.join')}
              isDisabled={needsName && name.trim() === ''}
              testId="join"
            />
            {publishes && (microphone.fault !== null || camera.fault !== null) && <p>{t('prejoin.join_without')}</p>}
          </div>
        </div>
      </form>
    </Page>
  );
}
