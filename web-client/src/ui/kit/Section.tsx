import { type ReactNode, useId } from 'react';
import { Icon, type IconName } from './Icon';
import styles from './Section.module.css';

interface Props {
  readonly title: string;
  /** Beside the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly testId?: string;
}

/** A part of a panel, under a title of its own. */
export function Section({ title, aside, children, testId }: Props) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id} data-testid={testId}>
      <header>
        <h3 id={id}>{title}</h3>
        {aside !== undefined && <div className={styles.aside}>{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** A line that explains. */
export function Note({ children, testId }: { readonly children: ReactNode; readonly testId?: string }) {
  return (
    <p className={styles.note} data-testid={testId}>
      {children}
    </p>
  );
}

/** Buttons in a row, as many lines as it takes. */
export function Buttons({ children }: { readonly children: ReactNode }) {
  return <div className={styles.buttons}>{children}</div>;
}

/** Fields and a button beside them. */
export function FieldRow({ children }: { readonly children: ReactNode }) {
  return <div className={styles.row}>{children}</div>;
}

export type Tone = 'plain' | 'good' | 'brand' | 'hand' | 'danger';

interface ChipProps {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly children: ReactNode;
  readonly testId?: string;
}

/** A word about how something stands. */
export function Chip({ tone = 'plain', icon, children, testId }: ChipProps) {
  return (
    <span className={styles.chip} data-tone={tone} data-testid={testId}>
      {icon !== undefined && <Icon name={icon} size={16} />}
      {children}
    </span>
  );
}
