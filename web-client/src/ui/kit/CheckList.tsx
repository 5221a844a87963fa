import { CheckboxButton, CheckboxField } from 'react-aria-components/Checkbox';
import { CheckboxGroup } from 'react-aria-components/CheckboxGroup';
import { Label } from 'react-aria-components/Label';
import { Icon } from './Icon';
import styles from './CheckList.module.css';

interface Props {
  readonly label: string;
  readonly options: readonly { readonly id: string; readonly label: string }[];
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
}

/** Some of many. */
export function CheckList({ label, options, value, onChange }: Props) {
  return (
    <CheckboxGroup value={[...value]} onChange={onChange}>
      <Label className={styles.label ?? ''}>{label}</Label>
      <div className={styles.list}>
        {options.map((option) => (
          <CheckboxField key={option.id} value={option.id}>
            <CheckboxButton className={styles.check ?? ''} data-testid={`check-${option.id}`}>
              <span className={styles.box} aria-hidden="true">
                <Icon name="check" size={16} />
              </span>
              {option.label}
            </CheckboxButton>
          </CheckboxField>
        ))}
      </div>
    </CheckboxGroup>
  );
}
