/**
 * Who fills a form in: the patient, somebody for them, or staff who write down what they are told or read. It is said in
 * the response by `source` (who gives the answers), `author` (who enters them) and the mode of collection.
 * https://hl7.org/fhir/R4/questionnaireresponse.html, https://hl7.org/fhir/R4/extension-questionnaireresponse-completionmode.html
 */
import type { Extension, QuestionnaireResponse, Reference } from 'fhir/r4';
import type { Permit } from '../../access/permit.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Speech } from './speech.ts';
import type { Referable } from './view.ts';

const COMPLETION_MODE = 'http://hl7.org/fhir/StructureDefinition/questionnaireresponse-completionMode';
const PARTICIPATION = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationMode';

/**
 * What is offered on the page, with the codes of v3-ParticipationMode that it is recorded as: the exact one first, and
 * one of the three (ELECTRONIC, VERBAL, WRITTEN) that the extension's required binding knows.
 */
const MODES = { self: ['ELECTRONIC'], proxy: ['ELECTRONIC'], phone: ['PHONE', 'VERBAL'], face: ['FACE', 'VERBAL'], paper: ['WRITTEN'] } as const;
export type Way = keyof typeof MODES;
const WAYS = Object.keys(MODES) as Way[]; // the keys of a constant are its keys

/** What the answers will say of how they came to be. */
export type Origin = Pick<QuestionnaireResponse, 'source' | 'author' | 'authored' | 'extension'>;

const typeOf = (reference: string | undefined): string => reference?.split('/')[0] ?? '';

/** In which ways the holder of a permit can fill in forms: a patient only for themselves, a relative only as such. */
export function waysFor({ actor }: Permit): readonly Way[] {
  const type = typeOf(actor.reference);
  if (type === 'Patient') return ['self'];
  if (type === 'RelatedPerson') return ['proxy'];
  return type === '' ? WAYS : ['phone', 'face', 'paper'];
}

export interface Filling {
  readonly patient: string;
  readonly permit: Permit;
  readonly speech: Speech;
  /** Who may answer for the patient. */
  readonly relatives: readonly Referable[];
  /** `2026-11-22` at the site. */
  readonly today: string;
}

/** Reads the start page's form. Throws FhirError `business-rule`, naming the field, for what is missing. */
export function originFrom(form: URLSearchParams, filling: Filling): Origin {
  const { patient, permit, speech, today } = filling;
  const ways = waysFor(permit);
  const way = ways.find((one) => one === form.get('who')) ?? (ways.length === 1 ? ways[0] : undefined);
  if (way === undefined) throw missing('who', speech.word('whoAnswers'));
  const extension = [modeExtension(MODES[way])];
  if (way === 'self') return { source: { reference: patient }, author: { reference: patient }, extension };
  if (way === 'proxy') {
    const proxy = proxyIn(form, filling);
    return { source: proxy, author: proxy, extension };
  }
  const authored = way === 'paper' ? { authored: dayIn(form, { speech, today }) } : {};
  return { source: { reference: patient }, author: staffIn(form, permit, speech), extension, ...authored };
}

const missing = (field: string, text: string): FhirError => new FhirError('business-rule', text, { expression: field });

const modeExtension = (codes: readonly string[]): Extension => ({
  url: COMPLETION_MODE,
  valueCodeableConcept: { coding: codes.map((code) => ({ system: PARTICIPATION, code })) },
});

const LONGEST_NAME = 100;
const nameIn = (form: URLSearchParams, field: string): string => (form.get(field) ?? '').trim().slice(0, LONGEST_NAME);

function proxyIn(form: URLSearchParams, { permit: { actor }, speech, relatives }: Filling): Reference {
  if (typeOf(actor.reference) === 'RelatedPerson') return { reference: actor.reference ?? '', display: actor.display };
  const chosen = relatives.find(({ reference }) => reference === form.get('proxy'));
  if (chosen !== undefined) return { ...chosen };
  const display = nameIn(form, 'proxy-name');
  if (display === '') throw missing('proxy-name', speech.word('proxyName'));
  return { type: 'RelatedPerson', display };
}

function staffIn(form: URLSearchParams, { actor }: Permit, speech: Speech): Reference {
  const display = nameIn(form, 'actor');
  if (actor.reference !== undefined) return { reference: actor.reference, display: display || actor.display };
  if (display === '') throw missing('actor', speech.word('staffName'));
  return { type: 'Practitioner', display };
}

function dayIn(form: URLSearchParams, { speech, today }: Pick<Filling, 'speech' | 'today'>): string {
  const day = (form.get('paper-date') ?? '').trim();
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)) || day > today) throw missing('paper-date', speech.word('paperDate'));
  return day;
}

function modeOf({ extension }: Pick<QuestionnaireResponse, 'extension'>): string | undefined {
  return extension?.find(({ url }) => url === COMPLETION_MODE)?.valueCodeableConcept?.coding?.[0]?.code;
}

/** Whether staff write down what the patient says. */
export function isByStaff(response: Pick<QuestionnaireResponse, 'extension'>): boolean {
  const mode = modeOf(response);
  return mode !== undefined && mode !== MODES.self[0];
}

/** Whether somebody else answers for the patient. */
export const isByProxy = ({ source, subject }: Pick<QuestionnaireResponse, 'source' | 'subject'>): boolean =>
  source !== undefined && source.reference !== subject?.reference;

/** Two drafts are one person's where the reference is the same or, without one, the name. */
export const isSamePerson = (a: Reference | undefined, b: Reference | undefined): boolean =>
  a?.reference === undefined || b?.reference === undefined ? a?.reference === b?.reference && a?.display === b?.display : a.reference === b.reference;

/** A line that says who fills the form in, where it is not the patient. */
export function fillerWords(response: QuestionnaireResponse, speech: Speech): string | undefined {
  const who = response.author?.display ?? response.author?.reference ?? '';
  const mode = modeOf(response);
  if (mode === 'PHONE' || mode === 'FACE' || mode === 'WRITTEN') return speech.word('byStaff', { who, how: speech.word(`how${mode}`) });
  return isByProxy(response) ? speech.word('byProxy', { who }) : undefined;
}
