/** The frame that every page stands in, and the few answers a page can give. No script, nothing from outside. */
import type { PageResponse } from '../http/message.ts';
import { type Content, html } from './html.ts';

export interface Frame {
  readonly title: string;
  readonly siteName: string;
  /** A word above the page that must not be missed, on every page: example numbers, no out-of-hours recipient. */
  readonly notices: readonly string[];
}

const HEADERS = Object.freeze({
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
});

/** A whole page. Titles carry no diagnosis, instrument or symptom: they stand in histories and on shared screens. */
export function page(frame: Frame, content: Content, status = 200): PageResponse {
  const { html: body } = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${frame.title} – ${frame.siteName}</title><link rel="stylesheet" href="/assets/style.css"></head>
<body><a class="skip" href="#main">Skip to the content</a>
<header class="site"><a href="/">Worklist</a><p>${frame.siteName}</p></header>
<main id="main">${frame.notices.map((notice) => html`<p class="notice" role="note">${notice}</p>`)}${content}</main></body></html>`;
  return { status, headers: HEADERS, body };
}

/** After a form was taken: the browser fetches the page anew, so that a reload sends nothing twice. */
export const seeOther = (location: string, headers: Readonly<Record<string, string>> = {}): PageResponse => ({
  status: 303,
  headers: { Location: location, 'Cache-Control': 'no-store', ...headers },
  body: '',
});
