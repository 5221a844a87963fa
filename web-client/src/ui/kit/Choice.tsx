import { Button } from 'react-aria-components/Button';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Select, SelectValue } from 'react-aria-components/Select';
import { Icon, type IconName } from './Icon';
import styles from './Choice.module.css';

interface Props<Id extends string> {
  readonly label: string;
  readonly icon?: IconName;
  readonly options: readonly { readonly id: Id; readonly label: string }[];
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  /** The label is only read out. */
  readonly quietLabel?: boolean;
  readonly testId?: string;
}

/** One of several, from a list that opens. */
export function Choice<Id extends string>({ label, icon, options, value, onChange, quietLabel = false, testId }: Props<Id>) {
  return (
    <Select
      className={styles.choice ?? ''}
      value={value}
      onChange={(key) => {
        const chosen = options.find((option) => option.id === key);
        if (chosen !== undefined) onChange(chosen.id);
      }}
    >
      <Label className={quietLabel ? 'visually-hidden' : (styles.label ?? '')}>{label}</Label>
      <Button className={styles.field ?? ''} data-testid={testId}>
        {icon !== undefined && <Icon name={icon} size={20} />}
        <SelectValue className={styles.value ?? ''} />
        <Icon name="down" size={18} />
      </Button>
      <Popover className={styles.popover ?? ''}>
        <ListBox className={styles.list ?? ''} items={options}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.label} className={styles.option ?? ''}>
              {option.label}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
