/** What the patient is told in the same moment in which the answers are taken in, in their language. */
import type { Communication, Patient, QuestionnaireResponse } from 'fhir/r4';
import { identifierSystem } from '../fhir/names.ts';
import type { Ref } from '../fhir/resource.ts';
import type { Finding } from './finding.ts';
import { isHigher, refTo } from './forms.ts';
import type { Policy, Symptom, Tier, Words } from './instrument.ts';

/** Telephone numbers, settings of the site. */
export interface Numbers {
  readonly emergency: string;
  readonly crisis: string;
}

export interface Advising {
  readonly patient: Ref;
  /** Where it can be read: their preferred language comes first. */
  readonly patientResource: Pick<Patient, 'communication'> | undefined;
  readonly response: QuestionnaireResponse;
  /** Of the response: with its id it names the advice. */
  readonly responseVersion: number;
  readonly policy: Policy;
  readonly symptoms: readonly Symptom[];
  readonly numbers: Numbers;
  /** Open alerts that the findings belong to. */
  readonly flags: readonly Ref[];
  readonly now: Date;
}

/**
 * One Communication for every completed or amended answer: what to do now where something was found, a word of thanks
 * where nothing was. An answer that was broken off is only spoken to where something was found.
 * `aside`: something was found, but it is of the past and a newer answer is there; then nothing is said of it.
 */
export function advise(findings: readonly Finding[], advising: Advising, { id, aside }: { id: string; aside: boolean }): Communication | undefined {
  const { response, policy } = advising;
  const language = languageOf(advising);
  const texts = findings.length > 0 ? urgentWords(findings, advising) : calmWords(response.status, policy, aside);
  if (texts === undefined) return undefined;
  const text = texts.map((words) => fill(inLanguage(words, language), advising.numbers)).join('\n\n');
  return communication(text, language, { advising, id });
}

/**
 * What each symptom found says of itself, the most urgent first; before that the worst tier's words, where a symptom of
 * that tier has none of its own. Beside a call for help nothing less urgent is said.
 */
function urgentWords(findings: readonly Finding[], { policy, symptoms }: Advising): Words[] {
  const worstFirst = findings.toSorted((a, b) => Number(isHigher(b.tier, a.tier)) - Number(isHigher(a.tier, b.tier)));
  const worst: Tier = worstFirst[0]?.tier ?? 'moderate';
  const keysOf = (list: readonly Finding[]): string[] => [...new Set(list.map(({ symptom }) => symptom))];
  const adviceOn = (key: string): Words | undefined => symptoms.find((symptom) => symptom.key === key)?.advice;
  const mostUrgent = worstFirst.filter(({ tier }) => tier === worst);
  const general = keysOf(mostUrgent).some((key) => adviceOn(key) === undefined) ? [policy.tiers[worst].advice] : [];
  const own = keysOf(worst === 'critical' ? mostUrgent : worstFirst).flatMap((key) => adviceOn(key) ?? []);
  return [...general, ...own, policy.always];
}

function calmWords(status: QuestionnaireResponse['status'], policy: Policy, aside: boolean): Words[] | undefined {
  if (aside) return [policy.always];
  return status === 'completed' || status === 'amended' ? [policy.nothingFound, policy.always] : undefined;
}

function communication(text: string, language: string, { advising, id }: { advising: Advising; id: string }): Communication {
  const { patient, response, responseVersion, flags, now } = advising;
  const about = [refTo(response), ...flags].map((reference) => ({ reference }));
  return {
    resourceType: 'Communication',
    id,
    language,
    identifier: [{ system: identifierSystem('advice'), value: `${response.id}.${responseVersion}` }],
    status: 'completed',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'instruction' }] }],
    subject: { reference: patient },
    about,
    sent: now.toISOString(),
    recipient: [{ reference: patient }],
    payload: [{ contentString: text }],
  };
}

/** The patient's preferred language, else one they speak, else that of the form they filled in, as far as the policy speaks it; else English. */
function languageOf({ patientResource, response, policy }: Advising): string {
  const spoken = patientResource?.communication ?? [];
  const codes = [...spoken.filter(({ preferred }) => preferred === true), ...spoken].flatMap(({ language }) => language.coding?.map(({ code }) => code) ?? []);
  for (const code of [...codes, response.language]) {
    const found = code === undefined ? undefined : spokenBy(policy.always, code);
    if (found !== undefined) return found;
  }
  return 'en';
}

/** Norwegian without a form is read as bokmål by everyone, and nynorsk readers read it too; Chinese without a script as simplified. */
const STAND_INS: Readonly<Record<string, string>> = { no: 'nb', nn: 'nb', zh: 'zh-Hans' };

/** The language of the words that serves a BCP-47 tag: itself, its main part, or what stands in for that. */
function spokenBy(words: Words, tag: string): string | undefined {
  const [main = ''] = tag.toLowerCase().split('-');
  const wanted = [tag.toLowerCase(), main, Object.hasOwn(STAND_INS, main) ? STAND_INS[main]?.toLowerCase() : undefined];
  const languages = Object.keys(words);
  return wanted.flatMap((language) => languages.find((one) => one.toLowerCase() === language) ?? [])[0];
}

/** In that language, or in English where the words are not there in it. */
export function inLanguage(words: Words, language: string): string {
  const key = spokenBy(words, language);
  return (key !== undefined && Object.hasOwn(words, key) ? words[key] : undefined) ?? words.en;
}

const fill = (text: string, { emergency, crisis }: Numbers): string => text.replaceAll('{emergency}', emergency).replaceAll('{crisis}', crisis);
