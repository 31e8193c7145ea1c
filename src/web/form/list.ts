/** The forms that can be filled in for a patient, and where one left off. */
import type { Patient, Questionnaire, QuestionnaireResponse } from 'fhir/r4';
import type { Permit } from '../../access/permit.ts';
import { code, readNow } from '../../exchange/find.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { compareVersions } from '../../fhir/version-order.ts';
import type { Context, PageRequest, PageResponse } from '../../http/message.ts';
import { languagesOf, sayOf } from '../../questionnaire/translate.ts';
import type { Reader } from '../../store/store.ts';
import type { PageDeps } from '../deps.ts';
import { type Content, type Html, html } from '../html.ts';
import { nameOf } from '../person.ts';
import { draftsOf, isDraftOf } from './drafts.ts';
import { formPage } from './frame.ts';
import { draftNotice, isDraftIn, nameOfLanguage, pageSpeech } from './languages.ts';
import { type Speech, spoken } from './speech.ts';
import { sayMoment } from './zone.ts';

const MOST_FORMS = 200;
const MOST_PATIENTS = 50;

/** The latest active version of each questionnaire that is about a patient. */
async function activeForms({ find }: PageDeps, reader: Reader): Promise<readonly Questionnaire[]> {
  const { resources } = await find.list(reader, { type: 'Questionnaire', where: [find.where('Questionnaire', 'status', code('active'))], limit: MOST_FORMS });
  const isForPatients = ({ subjectType, url }: Questionnaire): boolean => url !== undefined && (subjectType === undefined || subjectType.includes('Patient'));
  const byUrl = Map.groupBy(resources.filter(isForPatients), ({ url }) => url);
  const latest = [...byUrl.values()].flatMap((versions) => versions.toSorted((a, b) => compareVersions(a.version ?? '', b.version ?? '')).at(-1) ?? []);
  return latest.toSorted((a, b) => (a.title ?? a.name ?? '').localeCompare(b.title ?? b.name ?? ''));
}

/** The id that the form or the address gives or, for a patient, their own. */
export function patientIn({ query, form }: PageRequest, { actor }: Permit): string | undefined {
  const own = actor.reference?.startsWith('Patient/') ? actor.reference.slice('Patient/'.length) : undefined;
  return own ?? form.get('patient') ?? query.get('patient') ?? undefined;
}

/** Staff, or anyone on a machine without sign-in, get back to the worklist. */
export const homeFor = ({ actor }: Permit): string | undefined => (/^(?:Patient|RelatedPerson)\//.test(actor.reference ?? '') ? undefined : '/');

/** Throws FhirError `not-found` where there is no such patient, or the reader may not see them. */
export async function patientCalled(reader: Reader, id: string): Promise<Patient> {
  const patient = await readNow<Patient>(reader, `Patient/${id}`);
  if (patient === undefined) throw new FhirError('not-found', 'There is no such patient, or they are not yours to see.');
  return patient;
}

export async function listPage(deps: PageDeps, request: PageRequest, { permit, reader }: Context): Promise<PageResponse> {
  const speech = pageSpeech(request);
  const id = patientIn(request, permit);
  const content =
    id === undefined ? await choosePatient(deps, reader, speech) : await formsFor(deps, reader, { patient: await patientCalled(reader, id), speech });
  const saved = request.query.get('saved') !== null && html`<p class="done" role="status">${speech.word('saved')}</p>`;
  return formPage({ ...deps, speech, home: homeFor(permit) }, html`${draftNotice(speech)}${saved}${content}`);
}

async function choosePatient({ find }: PageDeps, reader: Reader, speech: Speech): Promise<Html> {
  const { resources } = await find.list(reader, { type: 'Patient', where: [], limit: MOST_PATIENTS });
  const rows = resources.map(
    (patient) =>
      html`<li><a href="/form?patient=${patient.id}">${nameOf(patient)}</a>${patient.birthDate !== undefined && html` <span class="soft">${patient.birthDate}</span>`}</li>`,
  );
  return html`<h1>${speech.word('forms')}</h1><p>${speech.word('choosePatient')}</p><ul class="plain card">${rows}</ul>`;
}

async function formsFor(deps: PageDeps, reader: Reader, { patient, speech }: { patient: Patient; speech: Speech }): Promise<Html> {
  const [forms, drafts] = await Promise.all([activeForms(deps, reader), draftsOf(deps, reader, `Patient/${patient.id}`)]);
  const rows = await Promise.all(
    forms.map((form) => formRow(deps, reader, form, { patient, speech, drafts: drafts.filter((draft) => isDraftOf(form, draft)) })),
  );
  const list = rows.length === 0 ? html`<p class="card">${speech.word('noForms')}</p>` : html`<ul class="plain forms">${rows}</ul>`;
  return html`<h1>${speech.word('formsFor')} ${nameOf(patient)}</h1>${list}`;
}

interface Around {
  readonly patient: Patient;
  readonly speech: Speech;
  readonly drafts: readonly QuestionnaireResponse[];
}

async function formRow(deps: PageDeps, reader: Reader, form: Questionnaire, { patient, speech, drafts }: Around): Promise<Html> {
  const begun = await Promise.all(drafts.map((draft) => draftRow(deps, reader, draft, speech)));
  const title = sayOf(form, 'title', { wanted: speech.language, base: form.language });
  const query = new URLSearchParams({ patient: patient.id ?? '', lang: speech.language });
  const begin = html`<a class="button${drafts.length > 0 && ' quiet'}" href="/form/${form.id}?${query.toString()}">${speech.word('fillIn')}</a>`;
  return html`<li class="card"><h2>${title === undefined ? (form.name ?? form.id) : spoken(title, speech)}</h2>${begun}<p>${begin}</p>${languageLine(form, speech)}</li>`;
}

/** Where somebody left off, and since when. */
export async function draftRow({ timeZone }: PageDeps, reader: Reader, draft: QuestionnaireResponse, speech: Speech): Promise<Html> {
  const first = await reader.vread('QuestionnaireResponse', draft.id ?? '', 1);
  const when = sayMoment(first?.updated ?? draft.meta?.lastUpdated, timeZone, speech.page);
  const who = draft.author?.display;
  const words = who === undefined ? speech.word('began', { when }) : speech.word('beganBy', { who, when });
  return html`<p>${words} <a class="button" href="/form/draft/${draft.id}">${speech.word('goOn')}</a></p>`;
}

/** In which languages the form is complete, and in which it is partly translated. */
function languageLine(form: Questionnaire, { word }: Speech): Content {
  const { complete, partial } = languagesOf(form);
  const list = complete.map((tag) => html`<span lang="${tag}">${nameOfLanguage(tag)}</span>${isDraftIn(form, tag) && ' *'}`);
  if (list.length === 0 && partial.length === 0) return undefined;
  const some = partial.map(({ language }) => nameOfLanguage(language)).join(', ');
  const draft = complete.some((tag) => isDraftIn(form, tag)) && html` <span class="soft">* ${word('draftMark')}</span>`;
  return html`<p class="soft">${word('languages')} ${list.map((one, n) => html`${n > 0 && ', '}${one}`)}${some !== '' && html`; ${word('partly', { list: some })}`}.${draft}</p>`;
}
