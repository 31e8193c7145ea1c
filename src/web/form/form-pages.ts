/** Which address under /form shows what, and what becomes of what is sent there. */
import { readFileSync } from 'node:fs';
import { FhirError } from '../../fhir/outcome.ts';
import type { Context, PageRequest, PageResponse } from '../../http/message.ts';
import type { PageDeps } from '../deps.ts';
import { html } from '../html.ts';
import { beginPage, takeBeginning } from './begin.ts';
import { formPage } from './frame.ts';
import { pageSpeech } from './languages.ts';
import { homeFor, listPage } from './list.ts';
import { sentPage } from './sent.ts';
import { showPage } from './show.ts';
import { takePage } from './take.ts';

const asset = (name: string, type: string): PageResponse => ({
  status: 200,
  headers: { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'max-age=3600' },
  body: readFileSync(new URL(name, import.meta.url), 'utf8'),
});

/** By their path. */
export const FORM_ASSETS: ReadonlyMap<string, PageResponse> = new Map([
  ['/assets/form.css', asset('form.css', 'text/css')],
  ['/assets/form.js', asset('form.js', 'text/javascript')],
]);

/** `segments`: the path below /form. */
export async function formPages(deps: PageDeps, request: PageRequest, context: Context, segments: readonly string[]): Promise<PageResponse> {
  try {
    return await route(deps, request, context, segments);
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return refusal(deps, request, { error, context });
    throw error;
  }
}

async function route(deps: PageDeps, request: PageRequest, context: Context, segments: readonly string[]): Promise<PageResponse> {
  const [first, second, ...rest] = segments;
  const isSent = request.method === 'POST';
  if (rest.length > 0) throw new FhirError('not-found', 'There is no such page.');
  if (first === undefined) return listPage(deps, request, context);
  if (second === undefined) return isSent ? takeBeginning(deps, request, context, first) : beginPage(deps, request, context, first);
  if (first === 'draft') return isSent ? takePage(deps, request, context, second) : showPage(deps, request, context, second);
  if (first === 'sent' && !isSent) return sentPage(deps, request, context, second);
  throw new FhirError('not-found', 'There is no such page.');
}

function refusal(deps: PageDeps, request: PageRequest, { error, context }: { error: FhirError; context: Context }): PageResponse {
  const speech = pageSpeech(request);
  const content = html`<h1>${speech.word('notPossible')}</h1><p lang="en">${error.message}</p><p><a href="/form">${speech.word('another')}</a></p>`;
  return formPage({ ...deps, speech, home: homeFor(context.permit), status: error.status }, content);
}
