import { useTranslation } from 'react-i18next';
import type { VoteOption } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Field } from '../../kit/Field';
import { Buttons } from '../../kit/Section';
import styles from './Votes.module.css';

/** As the server takes them. */
const OPTION_LENGTH = 200;
const MOST_OPTIONS = 20;
const FEWEST_OPTIONS = 2;

interface Props {
  readonly options: readonly VoteOption[];
  readonly onChange: (options: readonly VoteOption[]) => void;
}

/** What can be chosen; candidates, too. */
export function OptionFields({ options, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <>
      {options.map((option, index) => (
        <div key={index} className={styles.optionRow}>
          <Field
            label={t(option.abstention ? 'votes.option_abstention' : 'votes.option', { number: index + 1 })}
            value={option.text}
            onChange={(text) => { onChange(options.map((before, at) => (at === index ? { ...before, text } : before))); }}
            maxLength={OPTION_LENGTH}
            testId={`vote-option-input-${index}`}
          />
          <Button
            look="quiet"
            iconOnly
            icon="trash"
            label={t('votes.option_remove', { number: index + 1 })}
            isDisabled={options.length <= FEWEST_OPTIONS}
            onPress={() => { onChange(options.filter((_, at) => at !== index)); }}
          />
        </div>
      ))}
      {options.length < MOST_OPTIONS && (
        <Buttons>
          <Button look="quiet" icon="plus" label={t('votes.option_add')} onPress={() => { onChange([...options, { text: '', abstention: false }]); }} testId="add-option" />
        </Buttons>
      )}
    </>
  );
}
