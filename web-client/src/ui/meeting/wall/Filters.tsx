import { useTranslation } from 'react-i18next';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { countsOf, FILTERS, type SiteFilter, type SiteState, troubled } from '../../../core/wall/sites';
import { Icon, type IconName } from '../../kit/Icon';
import styles from './Filters.module.css';

const ICONS: Readonly<Record<SiteFilter, IconName>> = { absent: 'door', no_sound: 'microphoneOff', bad_line: 'line', hand: 'hand' };

interface Props {
  readonly sites: readonly SiteState[];
  readonly value: SiteFilter | null;
  readonly onChange: (filter: SiteFilter | null) => void;
}

/** How many are absent, without sound, with a bad line, with a hand up; a press shows only those. */
export function Filters({ sites, value, onChange }: Props) {
  const { t } = useTranslation();
  const counts = countsOf(sites);
  const inTrouble = troubled(sites);
  return (
    <div className={styles.filters} role="group" aria-label={t('wall.filters')}>
      <ToggleButton className={styles.filter ?? ''} data-tone={inTrouble > 0 ? 'plain' : 'good'} isSelected={value === null} onChange={() => { onChange(null); }} data-testid="filter-all">
        <span className={styles.count}>{sites.length}</span>
        <span className={styles.name}>{t('wall.filter.all')}</span>
        <span className={styles.note}>{inTrouble === 0 ? t('wall.all_well') : t('wall.trouble', { count: inTrouble })}</span>
      </ToggleButton>
      {FILTERS.map((filter) => (
        <ToggleButton
          key={filter}
          className={styles.filter ?? ''}
          data-tone={counts[filter] === 0 ? 'none' : filter === 'hand' ? 'hand' : 'danger'}
          isSelected={value === filter}
          onChange={(isOn) => { onChange(isOn ? filter : null); }}
          data-testid={`filter-${filter}`}
          data-count={counts[filter]}
        >
          <span className={styles.count}>{counts[filter]}</span>
          <span className={styles.name}>
            <Icon name={ICONS[filter]} size={18} />
            {t(`wall.filter.${filter}`)}
          </span>
        </ToggleButton>
      ))}
    </div>
  );
}
