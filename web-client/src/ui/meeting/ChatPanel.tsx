import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chatOf, may, participantOf } from '../../core/meeting';
import type { Attendance } from '../../io/attendance';
import { Button } from '../kit/Button';
import { useStore } from '../useStore';
import styles from './ChatPanel.module.css';
import { SidePanel } from './SidePanel';

/** The longest message that the server takes, in characters. */
const CHAT_LENGTH = 2_000;

/** What was written, and a place to write. */
export function ChatPanel({ attendance, onClose }: { readonly attendance: Attendance; readonly onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { session } = attendance;
  const { meeting } = useStore(session.view);
  const [text, setText] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const length = Array.from(text.trim()).length;
  const written = meeting === null ? [] : chatOf(meeting.snapshot);
  const count = written.length;

  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [count]);

  if (meeting === null) return null;
  const { snapshot, you } = meeting;
  const { chat: mode, messages } = snapshot.procedure.conduct;
  const placeholder = t(mode === 'to_controller' ? 'chat.placeholder_to_controller' : 'chat.placeholder');
  const time = new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

  const send = async () => {
    if (length === 0 || length > CHAT_LENGTH) return;
    const sent = text;
    setText('');
    // What was not taken comes back, unless something new was begun.
    if (!(await session.act({ type: 'send_chat', text: sent.trim() }))) setText((now) => (now === '' ? sent : now));
  };

  return (
    <SidePanel title={t('chat.title')} onClose={onClose} testId="chat-panel">
      <div
        ref={list}
        className={styles.scroll}
        role="log"
        aria-live="polite"
        aria-label={t('chat.messages')}
        tabIndex={0}
        data-testid="chat-list"
      >
        {count === 0 && <p className={styles.empty}>{t('chat.empty')}</p>}
        <ul className={styles.list}>
          {written.map((entry, index) => {
            const isOwn = entry.from === you.participant;
            const before = written[index - 1];
            const isPrivate = messages.includes(entry);
            const isContinued =
              before !== undefined && before.from === entry.from && messages.includes(before) === isPrivate && entry.at - before.at < 120_000;
            const author = participantOf(snapshot, entry.from)?.name ?? t('chat.unknown');
            return (
              <li
                key={`${entry.at}-${index}`}
                className={styles.message}
                data-own={isOwn}
                data-continued={isContinued}
                data-testid="chat-message"
                data-participant={entry.from}
              >
                <p className={isContinued ? 'visually-hidden' : styles.author}>
                  <strong>{isOwn ? t('meeting.you') : author}</strong>
                  {isPrivate && <span data-testid="chat-private">{t('chat.to_controller')}</span>}
                  <time dateTime={new Date(entry.at).toISOString()}>{time.format(entry.at)}</time>
                </p>
                <p className={styles.text}>{entry.text}</p>
              </li>
            );
          })}
        </ul>
      </div>
      {mode === 'off' && !may(meeting, 'conduct') && <p className={styles.off} data-testid="chat-off">{t('chat.off')}</p>}
      {may(meeting, 'chat') && (mode !== 'off' || may(meeting, 'conduct')) && (
        <form
          className={styles.form}
          onSubmit={(event: SubmitEvent) => {
            event.preventDefault();
            void send();
          }}
        >
          <textarea
            className={styles.input}
            rows={2}
            value={text}
            placeholder={placeholder}
            aria-label={placeholder}
            aria-invalid={length > CHAT_LENGTH}
            onChange={(event) => {
              setText(event.target.value);
            }}
            onKeyDown={(event) => {
              // Enter sends, but not the one that ends a Vietnamese composition.
              if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              void send();
            }}
            data-testid="chat-input"
          />
          <Button
            type="submit"
            look="primary"
            iconOnly
            icon="send"
            label={t('chat.send')}
            isDisabled={length === 0 || length > CHAT_LENGTH}
            testId="chat-send"
          />
          {length > CHAT_LENGTH && <p role="alert">{t('chat.too_long', { count: CHAT_LENGTH })}</p>}
        </form>
      )}
    </SidePanel>
  );
}
