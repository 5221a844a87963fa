import { useTranslation } from 'react-i18next';
import type { VoteResult } from '../../../core/protocol';
import { Chip } from '../../kit/Section';
import styles from './Votes.module.css';

/** What a vote came to. */
export function Result({ result }: { readonly result: VoteResult }) {
  const { t, i18n } = useTranslation();
  const percent = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 1 });
  const carried = result.carried === null ? undefined : result.options[result.carried];
  return (
    <div className={styles.form} data-testid="vote-result" data-number={result.number}>
      <p className={styles.question}>{result.question}</p>
      <p className={styles.verdict} data-carried={carried !== undefined} data-testid="vote-verdict">
        {carried !== undefined ? t('votes.carried', { option: carried.text }) : t(result.quorum ? 'votes.not_carried' : 'votes.no_quorum')}
      </p>
      <ul className={styles.bars}>
        {result.options.map((option, index) => {
          const share = result.given === 0 ? 0 : option.votes / result.given;
          return (
            <li key={option.text} className={styles.bar} data-carried={result.carried === index} data-abstention={option.abstention}>
              <div>
                <span>{option.text}</span>
                <span data-testid={`result-${index}`}>{`${option.votes} (${percent.format(share)})`}</span>
              </div>
              <div className={styles.track} aria-hidden="true">
                <div className={styles.fill} style={{ width: `${100 * share}%` }} />
              </div>
            </li>
          );
        })}
      </ul>
      <div className={styles.facts}>
        <Chip>{t(`votes.method_${result.method}`)}</Chip>
        <Chip>{t('votes.given', { given: result.given, entitled: result.entitled })}</Chip>
        {result.papers !== null && <Chip>{t('votes.papers', { count: result.papers })}</Chip>}
      </div>
    </div>
  );
}
