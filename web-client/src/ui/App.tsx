import { lazy, Suspense, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { MessagePage } from './kit/Message';
import { StartPage } from './start/StartPage';

const MeetingRoute = lazy(() => import('./meeting/MeetingRoute'));
const AccountPage = lazy(() => import('./account/AccountPage'));
const AdminPage = lazy(() => import('./admin/AdminPage'));
const ArchivePage = lazy(() => import('./archive/ArchivePage'));
const DevicePage = lazy(() => import('./hall-device/DevicePage'));
const SignInPage = lazy(() => import('./sign-in/SignInPage'));

/** Which page an address is. The secret stays in the fragment, which no server sees. */
export function App() {
  const href = useSyncExternalStore(subscribe, () => location.href);
  const { pathname, hash } = new URL(href);
  const token = decodeURIComponent(hash.slice(1));
  const meeting = /^\/m\/([^/]+)\/?$/.exec(pathname)?.[1];
  const archived = /^\/archive(?:\/([^/]+))?\/?$/.exec(pathname);
  if (pathname === '/') return <StartPage />;
  return (
    <Suspense fallback={null}>
      {meeting !== undefined ? (
        <MeetingRoute key={token} token={token} />
      ) : archived !== null ? (
        <ArchivePage key={href} meeting={archived[1] === undefined ? null : decodeURIComponent(archived[1])} token={token} />
      ) : pathname === '/admin' ? (
        <AdminPage token={token} />
      ) : pathname === '/sign-in' ? (
        <SignInPage key={hash} fragment={new URLSearchParams(hash.slice(1))} />
      ) : pathname === '/device' ? (
        <DevicePage />
      ) : pathname === '/account' ? (
        <AccountPage />
      ) : (
        <NotFoundPage />
      )}
    </Suspense>
  );
}

function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <MessagePage icon="warning" title={t('start.not_found_title')} action={<a href="/">{t('start.home')}</a>}>
      {t('start.not_found')}
    </MessagePage>
  );
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener);
  window.addEventListener('hashchange', listener);
  return () => {
    window.removeEventListener('popstate', listener);
    window.removeEventListener('hashchange', listener);
  };
}
