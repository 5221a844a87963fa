import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../kit/Button';
import { LineCheckDialog } from './LineCheckDialog';

/** Opens the check of the line. */
export function LineCheckButton({ token }: { readonly token: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        icon="line"
        label={t('linecheck.button')}
        onPress={() => {
          setOpen(true);
        }}
        testId="line-check"
      />
      {isOpen && (
        <LineCheckDialog
          token={token}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}
