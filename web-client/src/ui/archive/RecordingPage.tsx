import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { turnsOf } from '../../core/archive/course';
import { sizeText } from '../../core/archive/checked';
import { clockText } from '../../core/archive/playing';
import type { MeetingId, RecordingView } from '../../core/protocol';
import { type Archive, fileAddress } from '../../io/archive';
import { Playback } from '../../io/playback';
import { Waveform } from '../../io/waveform';
import { Button } from '../kit/Button';
import { Icon } from '../kit/Icon';
import { MessagePage } from '../kit/Message';
import { Page } from '../kit/Page';
import { type TabEntry, Tabs } from '../kit/Tabs';
import { pageOf } from './address';
import { FilesTab } from './FilesTab';
import { MinutesTab } from './minutes/MinutesTab';
import { Chapters } from './player/Chapters';
import { Player } from './player/Player';
import { Strip } from './player/Strip';
import { TranscriptTab } from './player/TranscriptTab';
import styles from './RecordingPage.module.css';
import { Refused } from './Refused';
import { SharesTab } from './SharesTab';
import { useLoaded } from './useLoaded';
import { useFiles } from './useFiles';
import { Working } from './Working';

interface Props {
  readonly archive: Archive;
  readonly token: string;
  readonly meeting: MeetingId;
}

/** One archive: the recording, and beside it its course, minutes, files and proof. */
export function RecordingPage({ archive, token, meeting }: Props) {
  const { t } = useTranslation();
  const { loaded, reload } = useLoaded(useCallback(() => archive.one(meeting), [archive, meeting]));
  switch (loaded.type) {
    case 'loading':
      return (
        <Page>
          <Working label={t('archive.opening_one')} />
        </Page>
      );
    case 'unreachable':
      return (
        <MessagePage icon="warning" title={t('archive.refused_title')} action={<Button label={t('archive.again')} onPress={reload} />}>
          {t('unreachable')}
        </MessagePage>
      );
    case 'refused':
      return <Refused code={loaded.code} />;
    case 'ok':
      return <Recorded archive={archive} token={token} view={loaded.value} />;
  }
}

type Tab = 'course' | 'minutes' | 'transcript' | 'files' | 'shares';

/** Where the address says that playing begins, in milliseconds. */
const FROM = Number(new URLSearchParams(location.search).get('t') ?? 0) * 1_000;

function Recorded({ archive, token, view }: { readonly archive: Archive; readonly token: string; readonly view: RecordingView }) {
  const { t } = useTranslation();
  const { entry, manifest, timeline, rights, transcript } = view;
  const [tab, setTab] = useState<Tab>('course');
  const files = useFiles(archive, manifest.meeting, timeline.programme);
  const playback = useMemo(() => {
    const { programme: parts, gaps, duration } = timeline;
    const made = new Playback({ parts, gaps, duration, addressOf: files.addressOf });
    if (FROM > 0) made.seek(FROM);
    return made;
  }, [timeline, files.addressOf]);
  const waveform = useMemo(
    () =>
      new Waveform({
        parts: timeline.programme,
        files: manifest.files,
        duration: timeline.duration,
        fetchFile: (file, signal) => archive.fetch(fileAddress(manifest.meeting, file), signal),
      }),
    [archive, manifest, timeline],
  );
  const turns = useMemo(() => turnsOf(timeline), [timeline]);
  const leaps = timeline.chapters.filter(({ kind }) => kind === 'agenda').map(({ at }) => at);

  const tabs: readonly TabEntry<Tab>[] = [
    { id: 'course', icon: 'agenda', label: t('archive.course'), content: () => <Chapters playback={playback} timeline={timeline} /> },
    { id: 'minutes', icon: 'document', label: t('archive.minutes'), content: () => <MinutesTab archive={archive} view={view} playback={playback} /> },
    ...(transcript.type === 'off'
      ? []
      : [{ id: 'transcript', icon: 'chat', label: t('archive.transcript'), content: () => <TranscriptTab archive={archive} view={view} playback={playback} /> } as const]),
    { id: 'files', icon: 'download', label: t('archive.files'), content: () => <FilesTab archive={archive} manifest={manifest} /> },
    ...(rights.includes('share') ? [{ id: 'shares', icon: 'people', label: t('archive.shares'), content: () => <SharesTab archive={archive} meeting={manifest.meeting} /> } as const] : []),
  ];

  return (
    <Page wide>
      <title>{`${manifest.title} – Điểm Cầu`}</title>
      <div className={styles.head}>
        <a className={styles.back} href={pageOf(null, token)}>
          <Icon name="back" size={18} />
          {t('archive.title')}
        </a>
        <h1 data-testid="recording-title">{manifest.title}</h1>
        <Facts view={view} />
      </div>
      <div className={styles.body}>
        <div className={styles.left}>
          {timeline.programme.length === 0 ? (
            <p className={styles.nothing}>{t('archive.no_programme')}</p>
          ) : files.progress !== null ? (
            <Working label={t('archive.fetching_programme')} progress={files.progress} />
          ) : (
            <Player playback={playback} title={manifest.title} leaps={leaps} />
          )}
          <Strip playback={playback} waveform={waveform} timeline={timeline} turns={turns} />
        </div>
        <div className={styles.right} data-testid="beside" data-minutes={entry.minutes}>
          <Tabs label={t('archive.beside')} tabs={tabs} value={tab} onChange={setTab} columns={tabs.length} />
        </div>
      </div>
    </Page>
  );
}

function Facts({ view: { manifest, timeline } }: { readonly view: RecordingView }) {
  const { t, i18n } = useTranslation();
  const day = new Intl.DateTimeFormat(i18n.language, { weekday: 'long', day: 'numeric', month: 'numeric', year: 'numeric' });
  const time = new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const size = manifest.files.reduce((sum, file) => sum + file.size, 0);
  return (
    <p className={styles.facts}>
      <span>{manifest.host_unit}</span>
      <span>{t('archive.on_day', { day: day.format(timeline.began_at), time: time.format(timeline.began_at) })}</span>
      <span>{t('archive.lasts', { time: clockText(timeline.duration) })}</span>
      <span>{sizeText(size, i18n.language)}</span>
    </p>
  );
}
