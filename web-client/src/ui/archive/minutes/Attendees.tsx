import { useTranslation } from 'react-i18next';
import { attendeesOf } from '../../../core/archive/minutes';
import type { AttendeeCell, MinutesDraft } from '../../../core/protocol';
import type { Shared } from './BlockView';
import styles from './Statement.module.css';
import { StatementView } from './StatementView';

const CELLS: readonly AttendeeCell[] = ['name', 'headcount', 'delegates', 'remark'];

/** The attendance table: every field can be corrected like any other fact. */
export function Attendees({ draft, ...shared }: Shared & { readonly draft: MinutesDraft }) {
  const { t } = useTranslation();
  const rows = attendeesOf(draft);
  if (rows.length === 0) return null;
  return (
    <section className={styles.block}>
      <h3 id="attendees">{t('archive.attendees')}</h3>
      <div className={styles.scroll} tabIndex={0} role="group" aria-labelledby="attendees">
        <table className={styles.table} data-testid="attendees">
          <thead>
            <tr>
              {CELLS.map((cell) => (
                <th key={cell} scope="col">
                  {t(`archive.cell.${cell}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ participant, cells }) => (
              <tr key={participant}>
                {CELLS.map((cell) => {
                  const statement = cells[cell];
                  return <td key={cell}>{statement !== undefined && <StatementView statement={statement} isCell {...shared} />}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
