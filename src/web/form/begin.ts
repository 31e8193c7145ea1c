/** Before the first question: who answers, how, and in which way the questions shall be shown. */
import type { Patient, Questionnaire } from 'fhir/r4';
import type { Permit } from '../../access/permit.ts';
import { readNow } from '../../exchange/find.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Context, PageRequest, PageResponse } from '../../http/message.ts';
import { isAdaptive } from '../../questionnaire/adaptive/rules.ts';
import type { Plan } from '../../questionnaire/plan.ts';
import { sayOf } from '../../questionnaire/translate.ts';
import type { PageDeps } from '../deps.ts';
import { type Content, type Html, html } from '../html.ts';
import { seeOther } from '../page.ts';
import { nameOf } from '../person.ts';
import { beginningItems } from './beginning.ts';
import { type Beginning, beginDraft, deleteDraft, draftsOf, isDraftOf } from './drafts.ts';
import { originFrom, type Way, waysFor } from './filler.ts';
import { formPage } from './frame.ts';
import { initialItems } from './initial.ts';
import { draftNotice, nameOfLanguage, offeredBy, speechFor } from './languages.ts';
import { draftRow, homeFor, patientCalled, patientIn } from './list.ts';
import { relativesOf } from './referable.ts';
import type { Speech } from './speech.ts';
import { spoken } from './speech.ts';
import type { Referable } from './view.ts';

interface Start {
  readonly questionnaire: Questionnaire;
  readonly patient: Patient;
  readonly speech: Speech;
}

async function beginningOf(request: PageRequest, { permit, reader }: Context, id: string): Promise<Start> {
  const questionnaire = await readNow<Questionnaire>(reader, `Questionnaire/${id}`);
  if (questionnaire?.url === undefined || questionnaire.status !== 'active') throw new FhirError('not-found', 'There is no such form to fill in here.');
  const patientId = patientIn(request, permit);
  if (patientId === undefined) throw new FhirError('not-found', 'The address does not say whose form it is; begin with the list of forms.');
  return { questionnaire, patient: await patientCalled(reader, patientId), speech: speechFor(questionnaire, request) };
}

export async function beginPage(deps: PageDeps, request: PageRequest, context: Context, id: string): Promise<PageResponse> {
  return drawBeginning(deps, request, context, { beginning: await beginningOf(request, context, id) });
}

interface Wrong {
  readonly field: string;
  readonly text: string;
}

async function drawBeginning(
  deps: PageDeps,
  request: PageRequest,
  { permit, reader }: Context,
  { beginning, wrong }: { beginning: Start; wrong?: Wrong },
): Promise<PageResponse> {
  const { questionnaire, patient, speech } = beginning;
  const ref = `Patient/${patient.id}`;
  const [drafts, relatives] = await Promise.all([draftsOf(deps, reader, ref), relativesOf(deps, reader, ref)]);
  const title = sayOf(questionnaire, 'title', speech.tongue);
  const own = drafts.filter((draft) => isDraftOf(questionnaire, draft));
  const begun = await Promise.all(
    own.map(
      async (draft) => html`<div class="card">${await draftRow(deps, reader, draft, speech)}${anew(questionnaire, draft.id ?? '', { patient, speech })}</div>`,
    ),
  );
  const content = html`<h1>${title === undefined ? speech.word('forms') : spoken(title, speech)}</h1><p class="soft">${speech.word('for', { name: nameOf(patient) })}</p>${draftNotice(speech, questionnaire)}${languageLinks(questionnaire, patient, speech)}${begun}${problem(wrong, speech)}${startForm({ questionnaire, patient, speech }, { permit, relatives, request, wrong: wrong?.field })}`;
  return formPage({ ...deps, speech, home: homeFor(permit), ...(wrong === undefined ? {} : { status: 422 }) }, content);
}

const problem = (wrong: Wrong | undefined, { word }: Speech): Content =>
  wrong &&
  html`<div class="problem" role="alert" tabindex="-1" autofocus><h2>${word('problemTitle')}</h2><ul><li><a href="#${wrong.field}">${wrong.text}</a>: ${word('answerThis')}</li></ul></div>`;

function anew({ id }: Questionnaire, draft: string, { patient, speech }: { patient: Patient; speech: Speech }): Html {
  return html`<form method="post" action="/form/${id}"><input type="hidden" name="patient" value="${patient.id}"><input type="hidden" name="lang" value="${speech.language}"><button type="submit" class="plain" name="drop" value="${draft}">${speech.word('startAgain')}</button></form>`;
}

function languageLinks(questionnaire: Questionnaire, patient: Patient, { language, word }: Speech): Content {
  const others = offeredBy(questionnaire).filter((tag) => tag !== language);
  const link = (tag: string): Html =>
    html`<a lang="${tag}" hreflang="${tag}" href="/form/${questionnaire.id}?${new URLSearchParams({ patient: patient.id ?? '', lang: tag }).toString()}">${nameOfLanguage(tag)}</a> `;
  return others.length > 0 && html`<p class="languages">${word('language')}: ${others.map(link)}</p>`;
}

interface Asking {
  readonly permit: Permit;
  readonly relatives: readonly Referable[];
  readonly request: PageRequest;
  /** The field with something to put right. */
  readonly wrong: string | undefined;
}

const TEXTS: Readonly<Record<Way, 'patientSelf' | 'proxy' | 'phone' | 'face' | 'paper'>> = {
  self: 'patientSelf',
  proxy: 'proxy',
  phone: 'phone',
  face: 'face',
  paper: 'paper',
};

function startForm({ questionnaire, patient, speech }: Start, { permit, relatives, request, wrong }: Asking): Html {
  const { word } = speech;
  const ways = waysFor(permit);
  const told: Told = { speech, typed: (name) => request.form.get(name) ?? '', wrong: (name) => name === wrong && html` aria-invalid="true"` };
  const chosen = told.typed('who') || (request.query.get('who') ?? '');
  const who =
    ways.length > 1 &&
    html`<fieldset id="who" tabindex="-1"${told.wrong('who')}><legend class="label">${word('whoAnswers')}</legend><div class="choices">${ways.map((way) => html`<label class="choice"><input type="radio" name="who" value="${way}" required${chosen === way && html` checked`}><span>${word(TEXTS[way])}</span></label>`)}</div></fieldset>`;
  return html`<form method="post" action="/form/${questionnaire.id}" novalidate><input type="hidden" name="patient" value="${patient.id}"><input type="hidden" name="lang" value="${speech.language}">${who}${ways.includes('proxy') && ways.length > 1 && aboutProxy(relatives, told)}${ways.includes('phone') && aboutStaff(told)}
<p><button type="submit" class="big">${word('start')}</button></p></form>`;
}

interface Told {
  readonly speech: Speech;
  /** What was typed into a field. */
  readonly typed: (name: string) => string;
  readonly wrong: (name: string) => Content;
}

function aboutProxy(relatives: readonly Referable[], { speech: { word }, typed, wrong }: Told): Html {
  const list =
    relatives.length > 0 &&
    html`<label for="proxy">${word('proxyList')}<select id="proxy" name="proxy"><option value="">${word('notListed')}</option>${relatives.map(({ reference, display }) => html`<option value="${reference}"${typed('proxy') === reference && html` selected`}>${display}</option>`)}</select></label>`;
  return html`<fieldset data-for="proxy"><legend>${word('aboutProxy')}</legend>${list}<label for="proxy-name">${word('proxyName')}<input type="text" id="proxy-name" name="proxy-name" value="${typed('proxy-name')}" maxlength="100" autocomplete="off"${wrong('proxy-name')}></label></fieldset>`;
}

const aboutStaff = ({ speech: { word }, typed, wrong }: Told): Html =>
  html`<fieldset data-for="phone face paper"><legend>${word('aboutStaff')}</legend><label for="actor">${word('staffName')}<input type="text" id="actor" name="actor" value="${typed('actor')}" maxlength="100" autocomplete="name"${wrong('actor')}></label><label for="paper-date" data-for="paper">${word('paperDate')}<input type="date" id="paper-date" name="paper-date" value="${typed('paper-date')}"${wrong('paper-date')}></label></fieldset>`;

export async function takeBeginning(deps: PageDeps, request: PageRequest, context: Context, id: string): Promise<PageResponse> {
  const beginning = await beginningOf(request, context, id);
  const { questionnaire, patient, speech } = beginning;
  const ref = `Patient/${patient.id}`;
  const drop = request.form.get('drop');
  if (drop !== null) return dropped(deps, context, { beginning, drop });
  try {
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: deps.timeZone }).format(deps.clock());
    const relatives = await relativesOf(deps, context.reader, ref);
    const origin = originFrom(request.form, { patient: ref, permit: context.permit, speech, relatives, today });
    const plan = await deps.plans(`${questionnaire.url}${questionnaire.version === undefined ? '' : `|${questionnaire.version}`}`, context.reader);
    const draft = await begun(deps, context, plan, { questionnaire, patient: ref, origin, language: speech.language });
    return seeOther(`/form/draft/${draft}`);
  } catch (error) {
    if (!(error instanceof FhirError) || error.fault !== 'business-rule') throw error;
    const field = error.issues[0]?.expression?.[0] ?? 'who';
    return drawBeginning(deps, request, context, { beginning, wrong: { field, text: error.message } });
  }
}

/** What is known of the patient may be what the form does not take: then it begins without. */
async function begun(deps: PageDeps, context: Context, plan: Plan, about: Omit<Beginning, 'item' | 'isAdaptive'>): Promise<string> {
  if (isAdaptive(plan)) return beginDraft(deps, context, { ...about, item: [], isAdaptive: true });
  const user = context.permit.actor.reference ?? about.origin.author?.reference;
  const item = await beginningItems(plan, { subject: { reference: about.patient }, user }, deps.outside(context.reader), deps.fault);
  try {
    return await beginDraft(deps, context, { ...about, item, isAdaptive: false });
  } catch (error) {
    if (!(error instanceof FhirError) || error.fault !== 'invalid') throw error;
    return beginDraft(deps, context, { ...about, item: initialItems(plan), isAdaptive: false });
  }
}

/** Begins anew: only a draft for this form and this patient is deleted. */
async function dropped(deps: PageDeps, context: Context, { beginning, drop }: { beginning: Start; drop: string }): Promise<PageResponse> {
  const { questionnaire, patient, speech } = beginning;
  const drafts = await draftsOf(deps, context.reader, `Patient/${patient.id}`);
  const draft = drafts.find((one) => one.id === drop && isDraftOf(questionnaire, one));
  if (draft !== undefined) await deleteDraft(deps, context, draft);
  return seeOther(`/form/${questionnaire.id}?${new URLSearchParams({ patient: patient.id ?? '', lang: speech.language }).toString()}`);
}
