import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { momentsOf } from '../../../core/archive/log';
import { blocksOf, correctedCount, heardAt } from '../../../core/archive/minutes';
import type { RecordingView } from '../../../core/protocol';
import { type Archive, fileAddress } from '../../../io/archive';
import type { Playback } from '../../../io/playback';
import type { Fetched } from '../../../io/rest';
import { FailureText } from '../../account/Card';
import { Button } from '../../kit/Button';
import { useStore } from '../../useStore';
import { useLoaded } from '../useLoaded';
import { Working } from '../Working';
import { Attendees } from './Attendees';
import { BlockView } from './BlockView';
import { Course } from './Course';
import styles from './MinutesTab.module.css';
import { useDraft } from './useDraft';
import { Versions } from './Versions';

interface Props {
  readonly archive: Archive;
  readonly view: RecordingView;
  readonly playback: Playback;
}

const NOTHING: ReadonlyMap<number, number> = new Map();

/** The minutes beside the recording: what the log says, what was corrected, and how far they are. */
export function MinutesTab({ archive, view, playback }: Props) {
  const { t } = useTranslation();
  if (!view.rights.includes('read_draft')) return <Versions archive={archive} meeting={view.manifest.meeting} seen="" />;
  if (view.entry.minutes === null) return <p className={styles.nothing}>{t('error.no_minutes')}</p>;
  return <DraftTab archive={archive} view={view} playback={playback} />;
}

function DraftTab({ archive, view, playback }: Props) {
  const { t } = useTranslation();
  const { meeting } = view.manifest;
  const drafted = useDraft(archive, meeting);
  const { draft, failure, isBusy, isNewer, change } = drafted;
  const moments = useMoments(archive, view);
  const { at } = useStore(playback.view);
  if (draft === null) {
    return (
      <div className={styles.tab}>
        {failure === null ? <Working label={t('archive.loading')} /> : <FailureText failure={failure} />}
        {failure !== null && <Button label={t('archive.again')} onPress={drafted.reload} />}
      </div>
    );
  }
  const isOpen = draft.stage.type === 'editing' && draft.rights.includes('edit_minutes');
  const shared = { moments, isOpen, isBusy, change, playback, heard: heardAt(draft.statements, moments, at) };
  const corrected = correctedCount(draft);
  return (
    <div className={styles.tab} data-testid="minutes" data-revision={draft.revision}>
      <Course archive={archive} meeting={meeting} draft={draft} drafted={drafted} />
      {isNewer && (
        <p role="alert" className={styles.newer}>
          {t('archive.newer')}
        </p>
      )}
      {!isNewer && failure !== null && <FailureText failure={failure} />}
      {isOpen && <p className={styles.hint}>{t('archive.edit_hint')}</p>}
      {corrected > 0 && (
        <p className={styles.hint} data-testid="corrected-count">
          {t('archive.corrected_count', { count: corrected })}
        </p>
      )}
      <article className={styles.paper} aria-label={t('archive.minutes')}>
        {blocksOf(draft).map((block) => (
          <BlockView key={`${block.type} ${block.chapter}`} block={block} {...shared} />
        ))}
        <Attendees draft={draft} {...shared} />
      </article>
      <Versions archive={archive} meeting={meeting} seen={`${draft.revision} ${draft.version} ${draft.stage.type} ${draft.signed?.sha256 ?? ''}`} />
    </div>
  );
}

/** When in the recording each event of the log was. */
function useMoments(archive: Archive, { manifest, timeline }: RecordingView): ReadonlyMap<number, number> {
  const load = useCallback(async (): Promise<Fetched<ReadonlyMap<number, number>>> => {
    try {
      const response = await archive.fetch(fileAddress(manifest.meeting, 'events.jsonl'));
      return response.ok ? { type: 'ok', value: momentsOf(await response.text(), timeline.began_at) } : { type: 'refused', code: 'not_found' };
    } catch {
      return { type: 'unreachable' };
    }
  }, [archive, manifest, timeline]);
  const { loaded } = useLoaded(load);
  // Without the log the minutes stand as they are; only their moments are missing.
  return loaded.type === 'ok' ? loaded.value : NOTHING;
}
