import { useTranslation } from 'react-i18next';
import type { ErrorCode } from '../../core/protocol';
import { MessagePage } from '../kit/Message';

/** Why a page of the archive is not shown, and what to do. */
export function Refused({ code }: { readonly code: ErrorCode }) {
  const { t } = useTranslation();
  const isStranger = code === 'sign_in_needed' || code === 'token_invalid' || code === 'token_expired';
  return (
    <MessagePage
      icon={isStranger ? 'lock' : 'warning'}
      title={t(isStranger ? 'archive.sign_in_title' : 'archive.refused_title')}
      action={isStranger ? <a href="/sign-in">{t('archive.sign_in')}</a> : <a href="/archive">{t('archive.to_list')}</a>}
      testId="archive-refused"
    >
      {t(isStranger ? 'archive.sign_in_text' : `error.${code}`)}
    </MessagePage>
  );
}
