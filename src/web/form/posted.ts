/** A form as it was sent: everybody can send anything, so every value is looked at again by the control it belongs to. */
import type { QuestionnaireResponseItemAnswer } from 'fhir/r4';
import type { UploadedFile } from '../../http/message.ts';
import type { Value } from '../../questionnaire/value.ts';
import { countsIn } from './keys.ts';
import type { Speech } from './speech.ts';
import type { Choices } from './view.ts';

export interface Posted {
  readonly form: URLSearchParams;
  readonly files: ReadonlyMap<string, UploadedFile>;
  /** Keys of the questions and groups that stood on the page. */
  readonly shown: ReadonlySet<string>;
  /** How many occurrences of each group stood there. */
  readonly counts: ReadonlyMap<string, number>;
  readonly speech: Speech;
  readonly timeZone: string;
  readonly choices: Choices;
  /** What the engine had worked out for a question when the page was drawn. */
  readonly calculated: (key: string) => readonly Value[] | undefined;
}

type Sent = Pick<Posted, 'form' | 'files'>;

export function postedFrom({ form, files }: Sent, around: Pick<Posted, 'speech' | 'timeZone' | 'choices' | 'calculated'>): Posted {
  const shown = new Set(form.getAll('shown'));
  return { form, files, shown, counts: countsIn(shown), ...around };
}

/** An answer that could not be read, with what to say of it. */
export interface Fault {
  /** The field that it was typed into. */
  readonly name: string;
  readonly typed: string;
  readonly text: string;
}

/** One answer that was read. `file`: what it holds is still to be stored. */
export interface Taken {
  readonly value: QuestionnaireResponseItemAnswer;
  readonly file?: UploadedFile;
}

export interface Reading {
  readonly taken: readonly Taken[];
  readonly faults: readonly Fault[];
}

export const NOTHING: Reading = { taken: [], faults: [] };

/** The words that were typed, without blanks around them; '' where the field is empty or was not there. */
export const typedIn = ({ form }: Posted, name: string): string => (form.get(name) ?? '').trim();

export const faultIn = (posted: Posted, name: string, text: string): Reading => ({ taken: [], faults: [{ name, typed: posted.form.get(name) ?? '', text }] });

export const oneAnswer = (value: QuestionnaireResponseItemAnswer): Reading => ({ taken: [{ value }], faults: [] });
