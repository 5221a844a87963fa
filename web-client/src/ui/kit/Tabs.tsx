import type { ReactNode } from 'react';
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from 'react-aria-components/Tabs';
import { Icon, type IconName } from './Icon';
import styles from './Tabs.module.css';

export interface TabEntry<Id extends string> {
  readonly id: Id;
  readonly icon: IconName;
  readonly label: string;
  /** How much waits there. */
  readonly badge?: number;
  readonly content: () => ReactNode;
}

interface Props<Id extends string> {
  readonly label: string;
  readonly tabs: readonly TabEntry<Id>[];
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  /** So many to a row. */
  readonly columns?: number;
}

/** Several pages in one place. */
export function Tabs<Id extends string>({ label, tabs, value, onChange, columns = 4 }: Props<Id>) {
  return (
    <AriaTabs
      className={styles.tabs ?? ''}
      selectedKey={value}
      onSelectionChange={(key) => {
        const chosen = tabs.find(({ id }) => id === key);
        if (chosen !== undefined) onChange(chosen.id);
      }}
    >
      <TabList className={styles.list ?? ''} style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }} aria-label={label}>
        {tabs.map(({ id, icon, label: text, badge = 0 }) => (
          <Tab key={id} id={id} className={styles.tab ?? ''} data-testid={`tab-${id}`}>
            <Icon name={icon} size={20} />
            <span>{text}</span>
            {badge > 0 && <span className={styles.badge}>{badge}</span>}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ id, content }) => (
        <TabPanel key={id} id={id} className={styles.panel ?? ''}>
          {id === value && content()}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
