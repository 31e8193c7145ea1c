/** What every scene of the story works with: the stage, the people, and what has been answered so far. */
import type { Communication, Extension, QuestionnaireResponse } from 'fhir/r4';
import { CANONICAL } from '../fhir/names.ts';
import { answer, type Values } from './answers.ts';
import type { Client } from './client.ts';
import { expectedScores, type Form, type Forms, type InstrumentName } from './instruments.ts';
import { scoresOf } from './reading.ts';
import type { Staff } from './staff.ts';
import type { Stage } from './stage.ts';
import { check } from './story.ts';

export interface Tale {
  readonly stage: Stage;
  /** The centre's FHIR. */
  readonly centre: Client;
  readonly staff: Staff;
  readonly forms: Forms;
  /** Every answer that was taken in, as it now stands. */
  readonly ledger: Given[];
}

export interface Given {
  readonly id: string;
  readonly patient: string;
  readonly form: Form;
  readonly values: Values;
}

export interface Answering {
  readonly patient: string;
  readonly instrument: InstrumentName;
  readonly values: Values;
  /** When it was given; without it, this moment. */
  readonly authored?: Date;
  /** Who answered, where it was not the patient. */
  readonly source?: string;
  readonly extension?: Extension[];
}

export interface Taken {
  readonly response: QuestionnaireResponse & { readonly id: string };
  readonly advice: Communication;
}

export function responseOf(tale: Tale, { patient, instrument, values, authored, source, extension }: Answering): QuestionnaireResponse {
  const sender = { patient, authored: authored ?? tale.stage.now(), ...(source === undefined ? {} : { source }) };
  return { ...answer(formOf(tale, instrument).questionnaire, values, sender), ...(extension === undefined ? {} : { extension }) };
}

/** Sends an answer as an app does, and sees that it was stored, scored rightly, and answered with a word to the patient. */
export async function submit(tale: Tale, answering: Answering): Promise<Taken> {
  const { headers, body } = await tale.centre.send<QuestionnaireResponse>('POST', 'QuestionnaireResponse', responseOf(tale, answering));
  return taken(tale, answering, { id: body.id ?? '', link: headers.get('link') });
}

/** Sends a corrected version of an answer. */
export async function correct(tale: Tale, { response }: Taken, answering: Answering): Promise<Taken> {
  const { id } = response;
  const corrected = { ...responseOf(tale, { ...answering, authored: new Date(response.authored ?? '') }), id, status: 'amended' };
  const { headers } = await tale.centre.send('PUT', `QuestionnaireResponse/${id}`, corrected);
  return taken(tale, answering, { id, link: headers.get('link') });
}

async function taken(tale: Tale, answering: Answering, { id, link }: { id: string; link: string | null }): Promise<Taken> {
  const form = formOf(tale, answering.instrument);
  const given: Given = { id, patient: answering.patient, form, values: answering.values };
  const before = tale.ledger.findIndex((one) => one.id === id);
  tale.ledger.splice(before < 0 ? tale.ledger.length : before, before < 0 ? 0 : 1, given);
  const response = await tale.centre.read<QuestionnaireResponse>(`QuestionnaireResponse/${id}`);
  await requireScores(tale.centre, given);
  return { response: { ...response, id }, advice: await tale.centre.read<Communication>(adviceIn(link, tale.centre.base)) };
}

/** The Link header points the app to what the patient must be shown at once. */
function adviceIn(link: string | null, base: string): string {
  const found = new RegExp(`<${base}/(Communication/[^>]+)>; rel="${CANONICAL}/rel/patient-advice"`).exec(link ?? '')?.[1];
  check(found !== undefined, 'the answer is acknowledged with a Link to the advice for the patient', link);
  return found;
}

/** Every score that the instrument defines is there, with the value worked out from the answers here. */
export async function requireScores(client: Client, { id, form, values }: Given): Promise<number> {
  const scores = await scoresOf(client, id);
  for (const [score, expected] of expectedScores(form, values)) {
    const found = scores.get(score);
    check(found !== undefined, `the answer ${id} has the score ${score}`);
    check(found.valueQuantity?.value === expected, `the score ${score} of the answer ${id} is ${expected}`, found.valueQuantity?.value);
    check(expected !== undefined || found.dataAbsentReason !== undefined, `the score ${score} of the answer ${id} says why it has no value`);
  }
  return scores.size;
}

function formOf({ forms }: Pick<Tale, 'forms'>, name: InstrumentName): Form {
  const form = forms.get(name);
  if (form === undefined) throw new Error(`the questionnaire ${name} was not fetched`);
  return form;
}
