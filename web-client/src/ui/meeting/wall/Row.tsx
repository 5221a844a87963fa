import { useTranslation } from 'react-i18next';
import type { WallRow } from '../../../core/wall/rows';
import { Icon } from '../../kit/Icon';
import { SiteTile } from './SiteTile';
import styles from './Row.module.css';

interface Props {
  readonly row: WallRow;
  /** Of all that are shown. */
  readonly total: number;
  readonly picked: string | null;
  readonly onPick: (participant: string) => void;
  readonly onFold: (unit: string | null) => void;
}

/** A row of the wall: a unit, some tiles, or one line. */
export function Row({ row, total, picked, onPick, onFold }: Props) {
  const { t } = useTranslation();
  switch (row.type) {
    case 'unit': {
      const name = row.unit ?? t('wall.no_unit');
      return (
        <div className={styles.unit} role="listitem" data-tier={row.tier} data-testid="wall-unit">
          <button type="button" aria-expanded={row.isOpen} onClick={() => { onFold(row.unit); }}>
            <Icon name={row.isOpen ? 'down' : 'next'} size={18} />
            <strong>{name}</strong>
            <span className={styles.counts}>{t('wall.unit_counts', { here: row.here, total: row.total })}</span>
            {row.troubled > 0 && <span className={styles.troubled}>{t('wall.trouble', { count: row.troubled })}</span>}
          </button>
        </div>
      );
    }
    case 'tiles':
      return (
        <div className={styles.tiles} role="presentation" style={{ gridTemplateColumns: `repeat(${row.columns}, minmax(0, 1fr))` }}>
          {row.sites.map((site, index) => (
            <div key={site.participant.id} role="listitem" aria-posinset={row.first + index} aria-setsize={total}>
              <SiteTile site={site} withUnit={row.isFlat} isPicked={picked === site.participant.id} onPick={onPick} />
            </div>
          ))}
        </div>
      );
    case 'line':
      return (
        <div className={styles.line} role="listitem" aria-posinset={row.first} aria-setsize={total}>
          <SiteTile site={row.site} isLine withUnit isPicked={picked === row.site.participant.id} onPick={onPick} />
        </div>
      );
  }
}
