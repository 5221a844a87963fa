import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { currentOf } from '../../../core/archive/course';
import { clockText } from '../../../core/archive/playing';
import type { RecordingView, Transcript } from '../../../core/protocol';
import type { Archive } from '../../../io/archive';
import type { Playback } from '../../../io/playback';
import { type Failure, FailureText } from '../../account/Card';
import { Button } from '../../kit/Button';
import { useStore } from '../../useStore';
import { useLoaded } from '../useLoaded';
import { Working } from '../Working';
import styles from './TranscriptTab.module.css';

interface Props {
  readonly archive: Archive;
  readonly view: RecordingView;
  readonly playback: Playback;
}

/** What was said, sentence by sentence beside the recording; or how far that is. */
export function TranscriptTab({ archive, view, playback }: Props) {
  const { t } = useTranslation();
  const { meeting } = view.manifest;
  const [state, setState] = useState(view.transcript);
  const [failure, setFailure] = useState<Failure | null>(null);
  const begin = async () => {
    const fetched = await archive.transcribe(meeting);
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') setState(fetched.value);
  };
  return (
    <div className={styles.tab}>
      <FailureText failure={failure} />
      {state.type === 'running' && <Working label={t(state.waiting ? 'archive.transcript_waits' : 'archive.transcript_running')} {...(state.total > 0 && { progress: state.done / state.total })} />}
      {state.type === 'failed' && <p className={styles.failed}>{t('archive.transcript_failed', { detail: state.detail })}</p>}
      {(state.type === 'idle' || state.type === 'failed') && (
        <>
          <p>{t('archive.transcript_none')}</p>
          {view.rights.includes('transcribe') && <Button look="primary" icon="chat" label={t('archive.transcript_begin')} onPress={() => void begin()} testId="transcribe" />}
        </>
      )}
      {state.type === 'ready' && <Said archive={archive} meeting={meeting} playback={playback} />}
    </div>
  );
}

function Said({ archive, meeting, playback }: { readonly archive: Archive; readonly meeting: string; readonly playback: Playback }) {
  const { t } = useTranslation();
  const { loaded, reload } = useLoaded<Transcript>(useCallback(() => archive.transcript(meeting), [archive, meeting]));
  const { at } = useStore(playback.view);
  if (loaded.type === 'loading') return <Working label={t('archive.loading')} />;
  if (loaded.type !== 'ok') {
    return (
      <>
        <FailureText failure={loaded} />
        <Button label={t('archive.again')} onPress={reload} />
      </>
    );
  }
  const { segments } = loaded.value;
  const current = currentOf(segments.map(({ from }) => ({ at: from })), at);
  return (
    <ol className={styles.said} data-testid="transcript">
      {segments.map((segment, index) => (
        <li key={`${segment.from} ${segment.number}`}>
          <button type="button" aria-current={index === current} onClick={() => { playback.playFrom(segment.from); }} data-testid="sentence">
            <span className={styles.at}>{clockText(segment.from, playback.programme.duration)}</span>
            <span>
              <strong>{segment.speaker}</strong> {segment.text}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
