/** An item bank: questions with what is known of how people answer them, from which an adaptive test takes the next one. */
import type { QuestionnaireItem } from 'fhir/r4';

/** A file under `questionnaires/banks/`; `questionnaires/schema/bank.schema.json` says what each part is for. */
export interface Bank {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly description: string;
  /** Canonical of the adaptive Questionnaire that takes its questions from here. */
  readonly questionnaire: string;
  /** Where the parameters come from. */
  readonly source: string;
  readonly licence: string;
  /** Made up for trying out: scores from it say nothing about anybody. */
  readonly synthetic: boolean;
  readonly model: 'graded-response';
  readonly prior: Normal;
  readonly choose: Choice;
  readonly stop: StopRules;
  /** The first question, where it is not left to the rule. */
  readonly start?: string;
  readonly items: readonly BankItem[];
}

export interface Normal {
  readonly mean: number;
  readonly sd: number;
}

/**
 * How the next question is chosen: by the information it gives over what is now believed of the person
 * (`posterior-weighted-information`), at the best guess alone (`information-at-estimate`), or after the answer to be
 * expected (`expected-information`). van der Linden & Pashley (2010), Item selection and ability estimation in adaptive testing.
 */
export type Choice = 'posterior-weighted-information' | 'information-at-estimate' | 'expected-information';

export interface StopRules {
  readonly minItems: number;
  readonly maxItems: number;
  /** Of theta; once it is below, the test ends. */
  readonly standardError: number;
}

export interface BankItem {
  /** A `choice` whose options stand in ascending order of the trait. */
  readonly item: QuestionnaireItem;
  /** How sharply the question tells people apart. */
  readonly discrimination: number;
  /** Between one option and the next, ascending; one fewer than there are options. */
  readonly thresholds: readonly number[];
}
