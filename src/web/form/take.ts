/** What becomes of a page of a form that was sent: saved, then the next page, or the same one with what to put right. */
import type { QuestionnaireResponse } from 'fhir/r4';
import { FhirError } from '../../fhir/outcome.ts';
import type { Context, PageRequest, PageResponse } from '../../http/message.ts';
import type { PageDeps } from '../deps.ts';
import { type Content, html } from '../html.ts';
import { seeOther } from '../page.ts';
import { isAdaptiveResponse } from './adaptive.ts';
import { type Applied, apply, cleared, without } from './apply.ts';
import { choicesIn } from './choices.ts';
import { type Draft, readDraft, store, storeFile } from './drafts.ts';
import { fillPage, type Shown, viewOf } from './fill.ts';
import { asDraft, asSent, finished } from './finish.ts';
import { idOf } from './keys.ts';
import { speechFor } from './languages.ts';
import { type Posted, postedFrom } from './posted.ts';
import { type Problems, problemOfForm, problemsIn, problemsOfFaults } from './problems.ts';
import { type Pace, questionsOn, type Screen, screensOf } from './screens.ts';
import { alreadySentPage } from './sent.ts';
import { PACE_COOKIE } from './show.ts';
import type { Speech } from './speech.ts';
import { type Standing, standingOf } from './state.ts';
import { everyNode, isAnswered, type Node, treeOf } from './tree.ts';
import { sayMoment } from './zone.ts';

/** One page on its way: what was there, what was sent, and what it makes together. */
interface Turn {
  readonly deps: PageDeps;
  readonly context: Context;
  readonly request: PageRequest;
  readonly draft: Draft;
  readonly speech: Speech;
  readonly posted: Posted;
  readonly nodes: readonly Node[];
  readonly faults: Applied['faults'];
  readonly action: string;
  readonly argument: string;
}

export async function takePage(deps: PageDeps, request: PageRequest, context: Context, id: string): Promise<PageResponse> {
  const draft = await readDraft(deps, context.reader, id);
  const speech = speechFor(draft.plan.questionnaire, request, draft.response.language);
  if (draft.response.status !== 'in-progress') return alreadySentPage(deps, { draft, speech, form: request.form });
  const nodes = treeOf(draft.plan, draft.response);
  const before = await standingOf(draft, nodes, deps.outside(context.reader));
  const around = { speech, timeZone: deps.timeZone, choices: choicesIn(draft.plan, before, speech), calculated: (key: string) => before.at(key)?.calculated };
  const posted = postedFrom(request, around);
  const [action = '', ...rest] = (request.form.get('do') ?? 'save').split(':');
  const argument = rest.join(':');
  const applied = apply(draft.plan.items, nodes, posted);
  const turn: Turn = { deps, context, request, draft, speech, posted, faults: applied.faults, nodes: acted(applied.nodes, action, argument), action, argument };
  if (String(draft.version) !== request.form.get('version')) return conflict(turn);
  return carryOut({ ...turn, nodes: await withFiles(turn, applied) });
}

/** Taking something away happens before anything is stored. */
function acted(nodes: readonly Node[], action: string, argument: string): readonly Node[] {
  if (action === 'remove') return without(nodes, argument);
  return action === 'clear' ? cleared(nodes, argument) : nodes;
}

/** Each new file is stored first; its answer then points at it. */
async function withFiles({ deps, context, draft, nodes }: Turn, { files }: Applied): Promise<readonly Node[]> {
  const patient = draft.response.subject?.reference ?? '';
  const urls = new Map<string, string>();
  for (const [key, file] of files) urls.set(key, await storeFile(deps, context, { file, patient }));
  return urls.size === 0 ? nodes : pointed(nodes, urls);
}

function pointed(nodes: readonly Node[], urls: ReadonlyMap<string, string>): readonly Node[] {
  return nodes.map((node): Node => {
    if (node.kind === 'group') return { ...node, nodes: pointed(node.nodes, urls) };
    if (node.kind === 'display') return node;
    return {
      ...node,
      answers: node.answers.map((answer) => {
        const url = urls.get(answer.key);
        const value = url === undefined ? answer.value : { ...answer.value, valueAttachment: { ...answer.value.valueAttachment, url } };
        return { ...answer, value, nodes: pointed(answer.nodes, urls) };
      }),
    };
  });
}

async function carryOut(turn: Turn): Promise<PageResponse> {
  try {
    return turn.action === 'send' && turn.faults.size === 0 ? await send(turn) : await saveAndGo(turn);
  } catch (error) {
    if (error instanceof FhirError && error.fault === 'version-mismatch')
      return conflict({ ...turn, draft: await readDraft(turn.deps, turn.context.reader, turn.draft.response.id ?? '') });
    throw error;
  }
}

const CHANGING = new Set(['remove', 'clear']);
/** By its button, or by the key Enter. */
const SEARCHING = new Set(['find', 'save', 'next']);

async function saveAndGo(turn: Turn): Promise<PageResponse> {
  const saved = await save(turn);
  const unread = CHANGING.has(turn.action) ? new Map() : problemsOfFaults(turn.faults);
  const problems = turn.action === 'next' && unread.size === 0 ? await wrongHere(saved) : unread;
  // While somebody still types, only what cannot be read is pointed out, and nothing is refused.
  if (turn.action === 'state') return redraw(saved, { problems });
  if (problems.size > 0) return redraw(saved, { problems, status: 422 });
  if (SEARCHING.has(turn.action) && sought(turn).length > 0) return redraw(saved, {});
  const moved = turn.action === 'next' ? await withNextQuestion(saved) : saved;
  return seeOther(await nextAddress(moved), cookieFor(saved));
}

/** Of an adaptive form, behind its last question: with the one that follows from the answers, if one does. */
async function withNextQuestion(turn: Turn): Promise<Turn> {
  const { deps, context, draft, nodes, speech, request } = turn;
  if (!isAdaptiveResponse(draft.response) || (await screensNow(turn)).at(-1)?.key !== request.form.get('screen')) return turn;
  const next = await deps.next(asDraft(draft.response, nodes, speech), context.reader);
  if (next.status !== 'in-progress') return turn;
  await store(deps, context, next, draft.version);
  const following = await readDraft(deps, context.reader, draft.response.id ?? '');
  return { ...turn, draft: following, nodes: treeOf(following.plan, following.response) };
}

async function save(turn: Turn): Promise<Turn> {
  const { deps, context, draft, nodes, speech } = turn;
  const done = await store(deps, context, asDraft(draft.response, nodes, speech), draft.version);
  const version = done.version?.version ?? draft.version;
  const response = { ...draft.response, meta: { ...draft.response.meta, versionId: String(version) }, language: speech.language };
  return { ...turn, draft: { ...draft, response, version } };
}

const paceOf = ({ request, draft }: Pick<Turn, 'request' | 'draft'>): Pace =>
  request.form.get('pace') === 'one' || isAdaptiveResponse(draft.response) ? 'one' : 'all';
const atOf = ({ request }: Pick<Turn, 'request'>): number => Math.max(1, Math.min(10_000, Number.parseInt(request.form.get('at') ?? '1', 10) || 1));

/** Fields that could not be read keep what was typed; so do searches of long lists. */
function typedIn(turn: Turn): ReadonlyMap<string, string> {
  const faulty = [...turn.faults.values()].flat().map(({ name, typed }) => [name, typed] as const);
  return new Map([...faulty, ...sought(turn)]);
}

const sought = ({ posted }: Turn): readonly (readonly [string, string])[] =>
  [...posted.form].filter(([name, value]) => name.endsWith('+find') && value.trim() !== '');

type Again = Partial<Pick<Shown, 'problems' | 'fresh' | 'said' | 'status' | 'at'>>;

/** The same page, as it was typed. */
function redraw(turn: Turn, again: Again): Promise<PageResponse> {
  const { deps, context, draft, nodes, speech } = turn;
  return fillPage(deps, context.reader, { draft, nodes, speech, pace: paceOf(turn), at: atOf(turn), typed: typedIn(turn), more: emptyLines(turn), ...again });
}

/** Questions with a line that was left empty beside others: it stays where it is. */
function emptyLines({ posted }: Turn): ReadonlySet<string> {
  const lines = Map.groupBy(
    [...posted.form].filter(([name]) => /@\d+$/.test(name)),
    ([name]) => name.slice(0, name.lastIndexOf('@')),
  );
  const roomy = [...lines].filter(([, list]) => list.length > 1 && list.some(([, value]) => value.trim() === ''));
  return new Set(roomy.map(([key]) => idOf(key)));
}

function conflict(turn: Turn): Promise<PageResponse> {
  const { deps, draft, speech, request } = turn;
  const { word } = speech;
  const when = sayMoment(draft.response.meta?.lastUpdated, deps.timeZone, speech.page);
  const theirs = `/form/draft/${draft.response.id}?pace=${paceOf({ request, draft })}`;
  const said: Content = html`<div class="problem" role="alert" tabindex="-1" autofocus><h2>${word('conflictTitle')}</h2><p>${word('conflictText', { when })} ${word('conflictMine')}</p><p><a href="${theirs}">${word('conflictTheirs')}</a></p></div>`;
  return redraw(turn, { said, problems: problemsOfFaults(turn.faults), status: 409 });
}

/** Where the browser goes after a page was saved. Nothing in the address says what is asked. */
async function nextAddress(turn: Turn): Promise<string> {
  const { draft, action, argument, speech } = turn;
  if (action === 'leave')
    return `/form?${new URLSearchParams({ patient: (draft.response.subject?.reference ?? '').replace('Patient/', ''), saved: '1', lang: speech.language })}`;
  const query = new URLSearchParams({ pace: paceAfter(turn) });
  const at = await screenAfter(turn);
  if (at > 1) query.set('at', String(at));
  if (action === 'lang') query.set('lang', argument.slice(0, 35));
  if (action === 'add') query.set('more', idOf(argument));
  const place = placeAfter(turn);
  return `/form/draft/${draft.response.id}?${query}${place === undefined ? '' : `#${place}`}`;
}

const paceAfter = (turn: Turn): Pace => (turn.action === 'pace' && (turn.argument === 'one' || turn.argument === 'all') ? turn.argument : paceOf(turn));

/** The answers may have opened or closed questions before this one: the page is found again by what it asks first. */
async function screenAfter(turn: Turn): Promise<number> {
  const { action, argument, request } = turn;
  if (action === 'pace') return 1;
  if (action === 'at') return Math.max(1, Math.min(10_000, Number.parseInt(argument, 10) || 1));
  const screens = await screensNow(turn);
  const found = screens.findIndex(({ key }) => key === request.form.get('screen'));
  const now = found < 0 ? Math.min(atOf(turn), screens.length + 1) : found + 1;
  if (action === 'next') return now + 1;
  return action === 'back' ? Math.max(1, now - 1) : now;
}

async function screensNow(turn: Turn): Promise<readonly Screen[]> {
  const { deps, context, draft, nodes, speech } = turn;
  return screensOf(nodes, await viewOf(deps, context.reader, { draft, nodes, speech }), paceOf(turn));
}

/** What the eye and the focus go to; an id, which says nothing of what is asked. */
function placeAfter({ action, argument, nodes }: Turn): string | undefined {
  if (action === 'clear') return idOf(argument);
  if (action !== 'add') return undefined;
  const filled = [...everyNode(nodes)].filter(
    ({ kind, key }) => kind === 'group' && key.startsWith(`${argument}:`) && !key.slice(argument.length + 1).includes('/'),
  );
  return filled.length === 0 ? idOf(argument) : idOf(`${argument}:${Math.max(1, filled.filter(isAnswered).length)}`);
}

const YEAR = 31_536_000;

/** How somebody likes the questions shown is remembered on their device. */
const cookieFor = (turn: Turn): Readonly<Record<string, string>> =>
  turn.action === 'pace' ? { 'Set-Cookie': `${PACE_COOKIE}=${paceAfter(turn)}; Path=/form; Max-Age=${YEAR}; HttpOnly; SameSite=Strict` } : {};

/** Sends the answers; where more is asked because of them, or they are refused, nothing is lost and the page says so. */
async function send(turn: Turn): Promise<PageResponse> {
  const { deps, context, draft, speech } = turn;
  const fresh = await unseen(turn);
  if (fresh.size > 0) {
    const said = html`<div class="problem" role="alert" tabindex="-1" autofocus><p>${speech.word('moreQuestions')}</p></div>`;
    return redraw(await save(turn), { fresh, said });
  }
  const sent = await standingNow(turn);
  try {
    await store(deps, context, await finishedNow(turn, sent), draft.version);
  } catch (error) {
    if (!(error instanceof FhirError) || !REFUSALS.has(error.fault)) throw error;
    return refused(await save(tidied(turn)), sent, error);
  }
  return seeOther(`/form/sent/${draft.response.id}`);
}

/** Of an adaptive form with what its end brings: scores, as the server works them out. */
async function finishedNow({ deps, context, draft, nodes, speech }: Turn, sent: Standing): Promise<QuestionnaireResponse> {
  if (!isAdaptiveResponse(draft.response)) return finished(sent, speech, deps.clock());
  const end = await deps.next(asDraft(draft.response, nodes, speech), context.reader);
  return { ...end, status: 'completed', authored: end.authored ?? deps.clock().toISOString() };
}

const standingNow = ({ deps, context, draft, nodes, speech }: Turn): Promise<Standing> =>
  asSent(draft, nodes, { speech, outside: deps.outside(context.reader) });

/** Without room that was not used, so that every place is called as in what would be sent. */
const tidied = (turn: Turn): Turn => ({ ...turn, nodes: treeOf(turn.draft.plan, { item: asDraft(turn.draft.response, turn.nodes, turn.speech).item ?? [] }) });

const REFUSALS: ReadonlySet<string> = new Set(['invalid', 'business-rule']);

/** Questions that came up because of the answers on the page, and that nobody has seen yet. */
async function unseen(turn: Turn): Promise<ReadonlySet<string>> {
  const { deps, context, draft, nodes, speech, posted } = turn;
  if (paceOf(turn) === 'one') return new Set();
  const view = await viewOf(deps, context.reader, { draft, nodes, speech });
  const [screen, ...others] = screensOf(nodes, view, 'all');
  if (screen === undefined || others.length > 0) return new Set();
  return new Set(
    questionsOn(screen, view)
      .filter((node) => !posted.shown.has(node.key) && !isAnswered(node))
      .map(({ key }) => key),
  );
}

async function refused(turn: Turn, sent: Standing, error: FhirError): Promise<PageResponse> {
  const problems = problemsIn(sent, turn.speech);
  const aside = error.issues.filter(({ severity, code }) => severity === 'warning' && code === 'informational');
  const unplaced = problems.size === 0 ? error.issues.filter(({ severity }) => severity === 'error') : [];
  const texts = [...aside.map(({ text }) => text), ...unplaced.map((issue) => problemOfForm(issue, turn.draft.plan, turn.speech))];
  const said = texts.map((text) => html`<p class="problem" role="alert">${text}</p>`);
  return redraw(turn, { ...(await onScreen(turn, problems)), said, status: 422 });
}

/** Where the questions stand on several pages, the first page with something to put right is shown, with what is wrong there. */
async function onScreen(turn: Turn, problems: Problems): Promise<Again> {
  const screens = await screensNow(turn);
  if (screens.length <= 1) return { problems };
  for (const [n, screen] of screens.entries()) {
    const here = problemsOn(screen, problems);
    if (here.size > 0) return { problems: here, at: n + 1 };
  }
  return { problems };
}

function problemsOn({ nodes }: Screen, problems: Problems): Problems {
  const keys = new Set([...everyNode(nodes)].map(({ key }) => key));
  return new Map([...problems].filter(([key]) => keys.has(key)));
}

/** Before the next page comes, what is wrong on this one is said. */
async function wrongHere(turn: Turn): Promise<Problems> {
  const screens = await screensNow(turn);
  const here = screens.find(({ key }) => key === turn.request.form.get('screen'));
  return here === undefined ? new Map() : problemsOn(here, problemsIn(await standingNow(turn), turn.speech));
}
