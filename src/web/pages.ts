/** The staff pages: which address shows what, and what becomes of a form. */
import { readFileSync } from 'node:fs';
import { FhirError } from '../fhir/outcome.ts';
import type { Context, PageRequest, PageResponse, Pages } from '../http/message.ts';
import { takeStep } from './actions.ts';
import type { PageDeps } from './deps.ts';
import { html } from './html.ts';
import { page, seeOther } from './page.ts';
import { patientPage } from './patient.ts';
import { worklistPage } from './worklist.ts';

const STYLE = readFileSync(new URL('style.css', import.meta.url), 'utf8');

const style: PageResponse = { status: 200, headers: { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'max-age=3600' }, body: STYLE };

export function createPages(deps: PageDeps): Pages {
  return async (request, context) => {
    try {
      return await route(deps, request, context);
    } catch (error) {
      if (error instanceof FhirError && error.status < 500) return refused(deps, error);
      throw error;
    }
  };
}

async function route(deps: PageDeps, request: PageRequest, context: Context): Promise<PageResponse> {
  const [first = '', second, third, fourth, fifth] = request.path.split('/').slice(1);
  if (request.path === '/assets/style.css') return style;
  if (request.method === 'POST' && first === 'patients' && second !== undefined && third === 'alerts' && fourth !== undefined && fifth !== undefined)
    return takeForm(deps, request, context, { patientId: second, flagId: fourth, step: fifth });
  if (request.method === 'POST') throw new FhirError('method-not-allowed', 'Nothing can be sent to this address.');
  if (request.path === '/') return worklistPage(deps, context.reader);
  if (first === 'patients' && second !== undefined && third === undefined) return showPatient(deps, request, context, { patientId: second });
  throw new FhirError('not-found', 'There is no such page.');
}

const refused = (deps: PageDeps, { message, status }: FhirError): PageResponse =>
  page({ ...deps, title: 'Not possible' }, html`<h1>That is not possible</h1><p>${message}</p><p><a href="/">Back to the worklist</a></p>`, status);

interface Shown {
  readonly patientId: string;
  readonly problem?: string;
  readonly status?: number;
}

async function showPatient(deps: PageDeps, request: PageRequest, { reader }: Context, { patientId, problem, status }: Shown): Promise<PageResponse> {
  const timeline = await deps.timeline(reader, patientId);
  if (timeline === undefined) throw new FhirError('not-found', 'There is no such patient, or they are not yours to see.');
  const done = DONE.get(request.query.get('done') ?? '');
  const said = { ...(problem === undefined ? {} : { problem }), ...(done === undefined || problem !== undefined ? {} : { done }) };
  return patientPage(deps, { timeline, actor: actorIn(request), ...said }, status);
}

const DONE: ReadonlyMap<string, string> = new Map([
  ['acknowledge', 'Noted: you have seen this.'],
  ['assess', 'The assessment is recorded.'],
  ['act', 'What was done is recorded.'],
  ['monitor', 'This alert is being watched.'],
  ['close', 'The alert is closed.'],
]);

/** Carries the form out and shows the page anew; where it is refused, the page says why and nothing was written. */
async function takeForm(
  deps: PageDeps,
  request: PageRequest,
  context: Context,
  target: { patientId: string; flagId: string; step: string },
): Promise<PageResponse> {
  try {
    await takeStep(deps, context, { ...target, form: request.form });
  } catch (error) {
    if (!(error instanceof FhirError) || error.status >= 500 || error.fault === 'not-found') throw error;
    return showPatient(deps, request, context, { patientId: target.patientId, problem: error.message, status: error.status });
  }
  return seeOther(`/patients/${encodeURIComponent(target.patientId)}?done=${target.step}`, { 'Set-Cookie': actorCookie(request) });
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
