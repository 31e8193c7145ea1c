/** The frame of the form pages: in the reader's language and direction, with one small script that nothing depends on. */
import type { PageResponse } from '../../http/message.ts';
import { directionOf } from '../../questionnaire/translate.ts';
import { type Content, html } from '../html.ts';
import type { Speech } from './speech.ts';

const HEADERS = Object.freeze({
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
});

export interface FormFrame {
  readonly siteName: string;
  readonly notices: readonly string[];
  readonly speech: Speech;
  /** Staff get back to their pages; patients have nothing to go back to but their forms. */
  readonly home: string | undefined;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The page's title says nothing of the form: it stands in histories and on shared screens. */
export function formPage({ siteName, notices, speech, home, status = 200, headers = {} }: FormFrame, content: Content): PageResponse {
  const { language, page, word } = speech;
  const { html: body } = html`<!doctype html>
<html lang="${page}" dir="${directionOf(language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${word('forms')} – ${siteName}</title><link rel="stylesheet" href="/assets/style.css"><link rel="stylesheet" href="/assets/form.css"><script src="/assets/form.js" defer></script></head>
<body class="form"><a class="skip" href="#main">${word('skip')}</a>
<header class="site">${home === undefined ? html`<p>${siteName}</p>` : html`<a href="${home}" lang="en">Worklist</a><p>${siteName}</p>`}</header>
<main id="main">${notices.map((notice) => html`<p class="notice" role="note" lang="en">${notice}</p>`)}${content}</main></body></html>`;
  return { status, headers: { ...HEADERS, ...headers }, body };
}
