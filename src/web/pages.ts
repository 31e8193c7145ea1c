/** The staff pages: which address shows what, and what becomes of a form. */
import { readFileSync } from 'node:fs';
import { FhirError } from '../fhir/outcome.ts';
import type { Context, PageRequest, PageResponse, Pages } from '../http/message.ts';
import { markRead, takeStep } from './actions.ts';
import { apiPage } from './api.ts';
import type { PageDeps } from './deps.ts';
import { FORM_ASSETS, formPages } from './form/form-pages.ts';
import { html } from './html.ts';
import { page, seeOther } from './page.ts';
import { type PatientPage, patientPage } from './patient.ts';
import { completeTask, taskPage } from './task.ts';
import { worklistPage } from './worklist.ts';

const STYLE = readFileSync(new URL('style.css', import.meta.url), 'utf8');

const style: PageResponse = { status: 200, headers: { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'max-age=3600' }, body: STYLE };

export function createPages(deps: PageDeps): Pages {
  return async (request, context) => {
    try {
      return await route(deps, request, context);
    } catch (error) {
      if (error instanceof FhirError && error.status < 500) return refusal(deps, error);
      throw error;
    }
  };
}

async function route(deps: PageDeps, request: PageRequest, context: Context): Promise<PageResponse> {
  if (request.path === '/assets/style.css') return style;
  const asset = FORM_ASSETS.get(request.path);
  if (asset !== undefined) return asset;
  const segments = request.path.split('/').slice(1);
  if (segments[0] === 'api') return apiPage({ ...deps.api, siteName: deps.siteName, notices: [] }, request, segments.slice(1));
  if (segments[0] === 'form') return formPages(deps, request, context, segments.slice(1));
  return request.method === 'POST' ? submit(deps, request, context, segments) : show(deps, request, context, segments);
}

async function show(deps: PageDeps, request: PageRequest, context: Context, segments: readonly string[]): Promise<PageResponse> {
  const [first, second, ...rest] = segments;
  if (request.path === '/') return worklistPage(deps, context.reader);
  if (first === 'patients' && second !== undefined && rest.length === 0) return showPatient(deps, request, context, { id: second });
  if (first === 'tasks' && second !== undefined && rest.length === 0) return showTask(deps, request, context, { id: second });
  throw new FhirError('not-found', 'There is no such page.');
}

function submit(deps: PageDeps, request: PageRequest, context: Context, segments: readonly string[]): Promise<PageResponse> {
  const [first, id = '', third, flagId, step] = segments;
  const { form } = request;
  if (first === 'patients' && third === 'alerts' && flagId !== undefined && step !== undefined && segments.length === 5)
    return taken(
      request,
      { path: `/patients/${encodeURIComponent(id)}`, done: step },
      {
        take: () => takeStep(deps, context, { patientId: id, flagId, step, form }),
        again: (problem) => showPatient(deps, request, context, { id, ...problem, refused: { flagId, step, typed: form } }),
      },
    );
  if (first === 'patients' && third === 'read' && segments.length === 3)
    return taken(
      request,
      { path: `/patients/${encodeURIComponent(id)}`, done: 'read' },
      {
        take: () => markRead(deps, context, id, form),
        again: (problem) => showPatient(deps, request, context, { id, ...problem }),
      },
    );
  if (first === 'tasks' && segments.length === 2)
    return taken(
      request,
      { path: `/tasks/${encodeURIComponent(id)}`, done: 'task' },
      {
        take: () => completeTask(deps, context, id, form),
        again: (problem) => showTask(deps, request, context, { id, ...problem, typed: form }),
      },
    );
  throw new FhirError('method-not-allowed', 'Nothing can be sent to this address.');
}

const refusal = (deps: PageDeps, { message, status }: FhirError): PageResponse =>
  page({ ...deps, title: 'Not possible' }, html`<h1>That is not possible</h1><p>${message}</p><p><a href="/">Back to the worklist</a></p>`, status);

/** A page by id, after a form that was refused with what went wrong. */
interface Shown extends Partial<Problem> {
  readonly id: string;
  readonly refused?: NonNullable<PatientPage['refused']>;
  readonly typed?: URLSearchParams;
}

interface Problem {
  readonly problem: string;
  readonly status: number;
}

async function showPatient(deps: PageDeps, request: PageRequest, { reader }: Context, { id, problem, status, refused }: Shown): Promise<PageResponse> {
  const timeline = await deps.timeline(reader, id);
  if (timeline === undefined) throw new FhirError('not-found', 'There is no such patient, or they are not yours to see.');
  return patientPage(deps, { timeline, actor: actorIn(request), ...saidOn(request, problem), ...(refused && { refused }) }, status);
}

const showTask = (deps: PageDeps, request: PageRequest, context: Context, { id, problem, status, typed }: Shown): Promise<PageResponse> =>
  taskPage(deps, context, { taskId: id, actor: actorIn(request), ...saidOn(request, problem), ...(typed && { typed }) }, status);

function saidOn({ query }: PageRequest, problem: string | undefined): { problem?: string; done?: string } {
  const done = DONE.get(query.get('done') ?? '');
  if (problem !== undefined) return { problem };
  return done === undefined ? {} : { done };
}

const DONE: ReadonlyMap<string, string> = new Map([
  ['acknowledge', 'Noted: you have seen this.'],
  ['assess', 'The assessment is recorded.'],
  ['act', 'What was done is recorded.'],
  ['monitor', 'This alert is being watched.'],
  ['close', 'The alert is closed.'],
  ['read', 'Noted: you have read this.'],
  ['task', 'This is done.'],
]);

interface Form {
  readonly take: () => Promise<void>;
  /** The page it was sent from, with what went wrong. */
  readonly again: (problem: Problem) => Promise<PageResponse>;
}

/** Carries the form out and sends the browser to the page anew; where it is refused, the page says why and nothing was written. */
async function taken(request: PageRequest, { path, done }: { path: string; done: string }, { take, again }: Form): Promise<PageResponse> {
  try {
    await take();
  } catch (error) {
    if (!(error instanceof FhirError) || error.status >= 500 || error.fault === 'not-found') throw error;
    return again({ problem: error.message, status: error.status });
  }
  return seeOther(`${path}?done=${done}`, { 'Set-Cookie': actorCookie(request) });
}

const COOKIE = 'staff-name';
const WEEK = 604_800;

const actorCookie = ({ form }: PageRequest): string =>
  `${COOKIE}=${encodeURIComponent((form.get('actor') ?? '').trim().slice(0, 100))}; Path=/; Max-Age=${WEEK}; HttpOnly; SameSite=Strict`;

function actorIn({ headers, form }: PageRequest): string {
  const typed = form.get('actor');
  if (typed !== null) return typed;
  const kept = (headers.cookie ?? '').split('; ').find((cookie) => cookie.startsWith(`${COOKIE}=`));
  try {
    return decodeURIComponent(kept?.slice(COOKIE.length + 1) ?? '');
  } catch {
    return '';
  }
}
