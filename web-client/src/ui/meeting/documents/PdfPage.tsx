import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PDFDocumentProxy } from './pdf';
import styles from './Reader.module.css';

interface Props {
  readonly pdf: PDFDocumentProxy;
  /** From 1. */
  readonly number: number;
  /** The page is drawn so wide, in CSS pixels. */
  readonly width: number;
}

/** One page: drawn for the eye, and its words for whoever has it read out. */
export function PdfPage({ pdf, number, width }: Props) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [words, setWords] = useState('');
  useEffect(() => {
    let isOver = false;
    let stop = () => { isOver = true; };
    const draw = async () => {
      const page = await pdf.getPage(number);
      const target = canvas.current;
      if (isOver || target === null || width === 0) return;
      const whole = page.getViewport({ scale: 1 });
      const viewport = page.getViewport({ scale: (width / whole.width) * window.devicePixelRatio });
      // Drawn aside, so that the page before stays until this one is there.
      const aside = document.createElement('canvas');
      aside.width = Math.round(viewport.width);
      aside.height = Math.round(viewport.height);
      const task = page.render({ canvas: aside, viewport });
      stop = () => {
        isOver = true;
        task.cancel();
      };
      await task.promise;
      target.width = aside.width;
      target.height = aside.height;
      target.getContext('2d')?.drawImage(aside, 0, 0);
      target.dataset['page'] = String(number);
      const { items } = await page.getTextContent();
      setWords(items.map((item) => ('str' in item ? item.str : '')).join(' '));
    };
    // A page that is turned before it is drawn is drawn no more.
    draw().catch(() => undefined);
    return () => { stop(); };
  }, [pdf, number, width]);
  return (
    <>
      <canvas ref={canvas} className={styles.page} aria-hidden="true" data-testid="pdf-page" />
      <p className="visually-hidden" role="document" aria-label={t('documents.page', { page: number })} aria-live="polite">
        {words}
      </p>
    </>
  );
}
