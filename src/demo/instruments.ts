/** The questionnaires as an app gets them from the server, and what their scores must come to, worked out here anew. */
import { readFileSync } from 'node:fs';
import type { Questionnaire } from 'fhir/r4';
import type { Values } from './answers.ts';
import type { Client } from './client.ts';
import { check } from './story.ts';

export type InstrumentName = 'cancer-weekly' | 'phq-9' | 'pain-diary' | 'osteoporosis-check';
const INSTRUMENTS: readonly InstrumentName[] = ['cancer-weekly', 'phq-9', 'pain-diary', 'osteoporosis-check'];

export interface Form {
  readonly name: InstrumentName;
  readonly questionnaire: Questionnaire;
  readonly scores: readonly ScoreRule[];
  /** Rules by which one answer alone is a warning sign. */
  readonly redFlags: readonly RedFlag[];
}

interface ScoreRule {
  readonly id: string;
  readonly kind: 'item' | 'sum' | 'mean';
  readonly items: readonly string[];
}

export interface RedFlag {
  readonly id: string;
  readonly symptom: string;
  readonly tier: string;
  readonly item: string;
  readonly when: { readonly boolean?: boolean; readonly atLeast?: number };
}

export type Forms = ReadonlyMap<InstrumentName, Form>;

/** Fetches every questionnaire from the server, which must offer it; the rules come from the instrument's folder. */
export async function fetchForms(client: Client): Promise<Forms> {
  const forms = await Promise.all(INSTRUMENTS.map((name) => fetchForm(client, name)));
  return new Map(forms.map((form) => [form.name, form]));
}

async function fetchForm(client: Client, name: InstrumentName): Promise<Form> {
  const url = `https://pro-bridge.example/fhir/Questionnaire/${name}`;
  const [questionnaire] = await client.search<Questionnaire>(`Questionnaire?url=${encodeURIComponent(url)}`);
  check(questionnaire !== undefined, `the centre offers the questionnaire ${url}`);
  const rules: readonly { kind: string }[] = dataOf(name, 'alerts').rules;
  return { name, questionnaire, scores: dataOf(name, 'scoring').scores, redFlags: rules.filter(isRedFlag) };
}

const dataOf = (name: InstrumentName, part: 'scoring' | 'alerts') =>
  JSON.parse(readFileSync(new URL(`../../questionnaires/${name}/${part}.json`, import.meta.url), 'utf8'));

const isRedFlag = (rule: { readonly kind: string }): rule is RedFlag & { kind: 'red-flag' } => rule.kind === 'red-flag';

/** What each score must be; undefined where an answer it needs was not given. */
export function expectedScores({ scores }: Form, values: Values): ReadonlyMap<string, number | undefined> {
  return new Map(scores.map((rule) => [rule.id, expectedScore(rule, values)]));
}

function expectedScore({ kind, items }: ScoreRule, values: Values): number | undefined {
  const numbers = items.map((linkId) => Number(values[linkId]));
  if (numbers.some(Number.isNaN)) return undefined;
  const sum = numbers.reduce((total, number) => total + number, 0);
  return kind === 'mean' ? sum / numbers.length : sum;
}

/** The warning signs that are in these answers. */
export const redFlagsIn = ({ redFlags }: Form, values: Values): readonly RedFlag[] =>
  redFlags.filter(({ item, when }) => (when.boolean === undefined ? Number(values[item]) >= (when.atLeast ?? Number.NaN) : values[item] === when.boolean));
