import { useTranslation } from 'react-i18next';
import type { Fit, Measured, Verdict } from '../../core/lineVerdict';
import { Icon, type IconName } from '../kit/Icon';
import styles from './LineVerdict.module.css';

interface Props {
  readonly measured: Measured;
  readonly verdict: Verdict;
  /** The fastest that the server sends or takes in a check, in kbit/s. */
  readonly mostKbps: number;
}

const ICONS: Readonly<Record<Fit, IconName>> = {
  hd: 'check',
  sd: 'camera',
  sound_only: 'speaker',
  nothing: 'warning',
};

/** Near the server's ceiling a rate says only that the line carries as much. */
const CEILING = 0.9;

/** What the line is fit for, why for no more, what to do, and the figures. */
export function LineVerdict({ measured, verdict, mostKbps }: Props) {
  const { t, i18n } = useTranslation();
  const number = (value: number, digits: number) =>
    value.toLocaleString(i18n.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const rate = (kbps: number) =>
    t(kbps > mostKbps * CEILING ? 'linecheck.at_least' : 'linecheck.mbps', { value: number(kbps / 1_000, 1) });
  const time = (ms: number) => t('linecheck.ms', { value: number(ms, ms < 10 ? 1 : 0) });
  return (
    <>
      <div className={styles.verdict} data-fit={verdict.fit} data-testid="line-verdict">
        <span className={styles.icon}>
          <Icon name={ICONS[verdict.fit]} size={28} />
        </span>
        <div>
          <strong>{t(`linecheck.fit.${verdict.fit}`)}</strong>
          <p>{t(`linecheck.fit_text.${verdict.fit}`)}</p>
        </div>
      </div>
      {verdict.reasons.length > 0 && (
        <ul className={styles.reasons}>
          {verdict.reasons.map((reason) => (
            <li key={reason}>
              <strong>{t(`linecheck.reason.${reason}`)}</strong>
              <span>{t(`linecheck.todo.${reason}`)}</span>
            </li>
          ))}
        </ul>
      )}
      {measured.reachable && (
        <>
          <dl className={styles.figures}>
            <Figure label={t('linecheck.down')} value={rate(measured.down_kbps)} />
            <Figure label={t('linecheck.up')} value={rate(measured.up_kbps)} />
            <Figure label={t('linecheck.delay')} value={time(measured.rtt_ms)} />
            <Figure label={t('linecheck.jitter')} value={time(measured.jitter_ms)} />
          </dl>
          {measured.udp === null && <p className={styles.note}>{t('linecheck.udp_later')}</p>}
        </>
      )}
    </>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
