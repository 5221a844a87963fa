import { Label } from 'react-aria-components/Label';
import { TextArea as AriaTextArea } from 'react-aria-components/TextArea';
import { Text } from 'react-aria-components/Text';
import { TextField } from 'react-aria-components/TextField';
import styles from './Field.module.css';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly rows?: number;
  readonly hint?: string;
  readonly maxLength: number;
  readonly testId?: string;
}

/** Several lines of text. */
export function TextArea({ label, value, onChange, rows = 3, hint, maxLength, testId }: Props) {
  return (
    <TextField className={styles.field ?? ''} value={value} onChange={onChange} maxLength={maxLength}>
      <Label className={styles.label ?? ''}>{label}</Label>
      <AriaTextArea className={`${styles.input} ${styles.area}`} rows={rows} data-testid={testId} />
      {hint !== undefined && (
        <Text slot="description" className={styles.hint ?? ''}>
          {hint}
        </Text>
      )}
    </TextField>
  );
}
