import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';

/** Copies a link, and says that it did. */
export function CopyButton({ text, name }: { readonly text: string; readonly name: string }) {
  const { t } = useTranslation();
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const handle = setTimeout(() => {
      setIsCopied(false);
    }, 2_000);
    return () => {
      clearTimeout(handle);
    };
  }, [isCopied]);
  return (
    <>
      <Button
        icon={isCopied ? 'check' : 'copy'}
        label={isCopied ? t('start.copied') : t('start.copy')}
        aria-label={t('start.copy_of', { name })}
        onPress={() => {
          void navigator.clipboard.writeText(text).then(() => {
            setIsCopied(true);
          });
        }}
      />
      <span className="visually-hidden" role="status">
        {isCopied ? t('start.copied') : ''}
      </span>
    </>
  );
}
