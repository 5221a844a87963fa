import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Meeting } from '../../../core/meeting';
import { rowsOf, type WallView, windowOf } from '../../../core/wall/rows';
import { chosen, type SiteFilter, sitesOf } from '../../../core/wall/sites';
import { pagesBeside } from '../../../core/roster';
import type { Attendance } from '../../../io/attendance';
import type { LocalMedia } from '../../../io/devices';
import { preferences, remember } from '../../../io/storage';
import { Button } from '../../kit/Button';
import { Field } from '../../kit/Field';
import { Segments } from '../../kit/Segments';
import { useStore } from '../../useStore';
import { Room } from '../Room';
import { Filters } from './Filters';
import { Row } from './Row';
import { SitePanel } from './SitePanel';
import styles from './Wall.module.css';

interface Props {
  readonly attendance: Attendance;
  readonly meeting: Meeting;
  readonly media: LocalMedia;
}

/** All sites at a glance, for chair and controller: who is absent, who has no sound, and what helps. */
export default function Wall({ attendance, meeting, media }: Props) {
  const { t } = useTranslation();
  const { speaking } = useStore(attendance.session.view);
  const [view, setView] = useState<WallView>(preferences().wall ?? 'tree');
  const [filter, setFilter] = useState<SiteFilter | null>(null);
  const [query, setQuery] = useState('');
  const [picked, setPicked] = useState<string | null>(null);
  const [folded, setFolded] = useState<ReadonlySet<string | null>>(new Set());
  const sites = useMemo(() => sitesOf(meeting, speaking), [meeting, speaking]);
  const shown = useMemo(() => chosen(sites, filter, query), [sites, filter, query]);
  const { box, width, height, scrolled, toTop } = useBox();
  // Of a few, the units would be most of what one sees.
  const isNarrowed = filter !== null || query.trim() !== '';
  const rows = useMemo(() => rowsOf(shown, view === 'tree' && isNarrowed ? 'grid' : view, width, folded), [shown, view, isNarrowed, width, folded]);
  const seen = windowOf(rows, scrolled, height);
  const site = sites.find(({ participant }) => participant.id === picked);

  const chooseView = (next: WallView) => {
    setView(next);
    remember({ wall: next });
    toTop();
  };
  const fold = (unit: string | null) => {
    const next = new Set(folded);
    if (!next.delete(unit)) next.add(unit);
    setFolded(next);
  };
  return (
    <section className={styles.wall} aria-label={t('wall.title')} data-testid="wall">
      <div className={styles.board}>
        <Filters
          sites={sites}
          value={filter}
          onChange={(next) => {
            setFilter(next);
            toTop();
          }}
        />
        <div className={styles.tools}>
          <div className={styles.search}>
            <Field label={t('wall.search')} placeholder={t('wall.search_example')} value={query} onChange={setQuery} testId="wall-search" />
          </div>
          <Segments
            label={t('wall.look')}
            options={[
              { id: 'tree', label: t('wall.tree') },
              { id: 'grid', label: t('wall.grid') },
              { id: 'list', label: t('wall.list') },
            ]}
            value={view}
            onChange={chooseView}
          />
        </div>
        <p className={styles.shown} role="status" data-testid="wall-shown" data-shown={shown.length}>
          {t('wall.shown', { count: shown.length, total: sites.length })}
        </p>
        <Paging attendance={attendance} meeting={meeting} />
        <div className={styles.scroll} ref={box} data-testid="wall-scroll">
          {rows.length === 0 ? (
            <p className={styles.none}>{t(sites.length === 0 ? 'wall.none_here' : 'wall.none')}</p>
          ) : (
            <div role="list" aria-label={t('wall.title')} style={{ height: seen.height, position: 'relative' }}>
              <div style={{ position: 'absolute', insetInline: 0, top: seen.top }} role="presentation">
                {rows.slice(seen.start, seen.end).map((row, index) => (
                  <Row key={seen.start + index} row={row} total={shown.length} picked={picked} onPick={setPicked} onFold={fold} />
                ))}
              </div>
            </div>
          )}
        </div>
      </div>
      <aside className={styles.beside} aria-label={t('wall.help')}>
        <div className={styles.stage}>
          <Room attendance={attendance} media={media} view="focus" onMore={() => undefined} />
        </div>
        {site === undefined ? (
          <p className={styles.choose}>{t('wall.choose')}</p>
        ) : (
          <SitePanel key={site.participant.id} attendance={attendance} meeting={meeting} site={site} onClose={() => { setPicked(null); }} />
        )}
      </aside>
    </section>
  );
}

/** In a very large meeting: which of its sites the wall has, and the others. */
function Paging({ attendance, meeting: { snapshot } }: Omit<Props, 'media'>) {
  const { t } = useTranslation();
  const { roster } = snapshot;
  if (roster === undefined) return null;
  const { before, after } = pagesBeside(snapshot);
  const show = (first: number | null) => { attendance.session.roster.showFrom(first ?? 1); };
  return (
    <div className={styles.paging}>
      <p>{t('wall.page_only', { first: roster.first, last: Math.min(roster.total, roster.first + roster.count - 1), total: roster.total })}</p>
      <Button label={t('roster.before')} isDisabled={before === null} onPress={() => { show(before); }} />
      <Button label={t('roster.after')} isDisabled={after === null} onPress={() => { show(after); }} />
    </div>
  );
}

/** The size of what scrolls, and how far it is scrolled. */
function useBox() {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [scrolled, setScrolled] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => { setSize({ width: element.clientWidth, height: element.clientHeight }); };
    const scroll = () => { setScrolled(element.scrollTop); };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', scroll, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', scroll);
    };
  }, []);
  return { box, ...size, scrolled, toTop: () => box.current?.scrollTo({ top: 0 }) };
}
