/**
 * After the answers were sent: what to do now where something urgent was found, first and large, then that they have
 * arrived. The words are those that the commit of the answers left for the patient, so that the page can be opened again.
 */
import type { Communication, Flag } from 'fhir/r4';
import { readNow, token } from '../../exchange/find.ts';
import { extensionUrl, identifierSystem } from '../../fhir/names.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Context, PageRequest, PageResponse } from '../../http/message.ts';
import { directionOf } from '../../questionnaire/translate.ts';
import type { Reader } from '../../store/store.ts';
import type { PageDeps } from '../deps.ts';
import { type Content, type Html, html } from '../html.ts';
import { type Draft, readDraft } from './drafts.ts';
import { isByProxy, isByStaff } from './filler.ts';
import { formPage } from './frame.ts';
import { speechFor } from './languages.ts';
import type { Speech } from './speech.ts';
import { sayMoment } from './zone.ts';

export async function sentPage(deps: PageDeps, request: PageRequest, { reader }: Context, id: string): Promise<PageResponse> {
  const draft = await readDraft(deps, reader, id);
  const { response } = draft;
  if (response.status === 'in-progress') throw new FhirError('not-found', 'These answers were not sent yet.');
  const speech = speechFor(draft.plan.questionnaire, request, response.language);
  const advice = await adviceOn(deps, reader, draft);
  const staff = isByStaff(response);
  const thanks = html`<p class="lead">${speech.word(staff ? 'sentTitleStaff' : 'sentTitle')}</p><p>${speech.word('sentOn', { when: sayMoment(response.meta?.lastUpdated, deps.timeZone, speech.page) })}</p>`;
  const told = advice === undefined ? undefined : await adviceCard(deps, reader, { advice, speech, isForAnother: staff || isByProxy(response) });
  const first =
    advice !== undefined && isUrgent(advice)
      ? html`${told}<div class="done" role="status">${thanks}</div>`
      : html`<div class="done" role="status" tabindex="-1">${thanks}</div>${told}`;
  return formPage(
    { ...deps, speech, home: staff ? '/' : undefined },
    html`<h1 class="unseen">${speech.word('sentTitleStaff')}</h1>${first}${!staff && html`<p class="soft">${speech.word('print')}</p>`}${onward(draft, speech, staff)}`,
  );
}

/** The words for the patient that stand in for the last change of the answers. */
async function adviceOn({ find }: PageDeps, reader: Reader, { response, version }: Draft): Promise<Communication | undefined> {
  for (let number = version; number > Math.max(0, version - MOST_CHANGES); number -= 1) {
    const where = [find.where('Communication', 'identifier', token(identifierSystem('advice'), `${response.id}.${number}`))];
    const [advice] = (await find.list(reader, { type: 'Communication', where, limit: 1 })).resources;
    if (advice !== undefined) return advice;
  }
  return undefined;
}

/** Versions among which the last with advice is looked for. */
const MOST_CHANGES = 5;

const flagsOf = ({ about = [] }: Communication): readonly string[] => about.flatMap(({ reference }) => (reference?.startsWith('Flag/') ? [reference] : []));

/** Something was found. */
const isUrgent = (advice: Communication): boolean => flagsOf(advice).length > 0;

interface Told {
  readonly advice: Communication;
  readonly speech: Speech;
  /** Whoever reads it is not the patient. */
  readonly isForAnother: boolean;
}

async function adviceCard({ numbers }: PageDeps, reader: Reader, { advice, speech, isForAnother }: Told): Promise<Html> {
  const paragraphs = (advice.payload ?? []).flatMap(({ contentString }) => contentString?.split('\n\n') ?? []);
  const words = paragraphs.map((paragraph) => html`<p>${withCalls(paragraph, [numbers.emergency, numbers.crisis])}</p>`);
  const language = advice.language ?? speech.language;
  const inTongue = html`<div lang="${language}" dir="${directionOf(language)}">${words}</div>`;
  if (!isUrgent(advice)) return html`<section class="card">${inTongue}</section>`;
  // The most urgent advice stands first; a button for every number would hide the one to call now.
  const first = paragraphs[0] ?? '';
  const calls = [...new Set([numbers.emergency, numbers.crisis])]
    .filter((number) => first.includes(number) && dialled(number) !== undefined)
    .toSorted((a, b) => first.indexOf(a) - first.indexOf(b));
  const buttons = calls.map((number) => html`<a class="button call" href="${dialled(number)}">${speech.word('call', { number })}</a> `);
  const tier = await tierOf(reader, advice);
  return html`<section class="donow ${tier}" role="alert" tabindex="-1" autofocus aria-labelledby="do-now"><h2 id="do-now">${speech.word('doNow')}</h2>${isForAnother && html`<p><strong>${speech.word('tellThem')}</strong></p>`}${inTongue}${buttons.length > 0 && html`<p class="calls">${buttons}</p>`}</section>`;
}

/** Of the alerts, as far as the reader may see them: how loud the page is. */
async function tierOf(reader: Reader, advice: Communication): Promise<string> {
  const flags = await Promise.all(flagsOf(advice).map((ref) => readNow<Flag>(reader, ref)));
  const tiers = flags.flatMap((flag) => flag?.extension?.find(({ url }) => url === extensionUrl('tier'))?.valueCode ?? []);
  return ['critical', 'severe', 'moderate'].find((tier) => tiers.includes(tier)) ?? (tiers.length === 0 ? 'critical' : 'moderate');
}

/** `tel:` of what is a telephone number, alone or with a word behind it. https://www.rfc-editor.org/rfc/rfc3966 */
function dialled(number: string): string | undefined {
  const [digits] = /^\+?[0-9][0-9 ()./-]{1,24}/.exec(number.trim()) ?? [];
  return digits === undefined ? undefined : `tel:${digits.replace(/[^0-9+]/g, '')}`;
}

/** The site's numbers where they stand in a text, as links. */
function withCalls(text: string, numbers: readonly string[]): Content {
  const number = numbers.filter((one) => text.includes(one)).toSorted((a, b) => text.indexOf(a) - text.indexOf(b))[0];
  const link = number === undefined ? undefined : dialled(number);
  if (number === undefined || link === undefined) return text;
  const at = text.indexOf(number);
  return html`${text.slice(0, at)}<a class="number" href="${link}">${number}</a>${withCalls(text.slice(at + number.length), numbers)}`;
}

function onward({ response }: Draft, { word, language }: Speech, staff: boolean): Html {
  const patient = (response.subject?.reference ?? '').replace('Patient/', '');
  const query = new URLSearchParams({ patient, lang: language });
  return html`<p><a href="/form?${query.toString()}">${word('another')}</a></p>${staff && html`<p><a href="/patients/${patient}">${word('toPatient')}</a></p>`}`;
}

/** Typed, and not the code of an option. */
const IS_TEXT = /^[^|]*\p{L}{2}[^|]*$/u;

/** Names of fields that are the page's own. */
const OWN: ReadonlySet<string> = new Set(['version', 'at', 'screen', 'pace', 'lang', 'do', 'shown']);

/** For a page that was still open, on another device or after going back. What was typed is shown, so that it is not lost. */
export async function alreadySentPage(deps: PageDeps, { draft, speech, form }: { draft: Draft; speech: Speech; form: URLSearchParams }): Promise<PageResponse> {
  const words = [...form].filter(([name, value]) => !OWN.has(name) && IS_TEXT.test(value)).map(([, value]) => value);
  const lost = words.length > 0 && html`<section class="card"><p>${speech.word('notSentText')}</p>${words.map((value) => html`<p>${value}</p>`)}</section>`;
  const when = sayMoment(draft.response.meta?.lastUpdated, deps.timeZone, speech.page);
  const content = html`<h1>${speech.word('sentAlready')}</h1><p>${speech.word('sentAlreadyText', { when })}</p>${lost}<p><a href="/form/sent/${draft.response.id}">${speech.word('doNow')}</a></p>${onward(draft, speech, isByStaff(draft.response))}`;
  return formPage({ ...deps, speech, home: undefined, status: form.size > 0 ? 409 : 200 }, content);
}
