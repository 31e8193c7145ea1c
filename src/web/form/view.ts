/** What every part of a form page is drawn from. */
import type { PlanItem } from '../../questionnaire/plan.ts';
import type { Said } from '../../questionnaire/translate.ts';
import type { Speech } from './speech.ts';
import type { Standing } from './state.ts';
import type { AnswerNode, QuestionNode } from './tree.ts';

export interface View {
  readonly speech: Speech;
  readonly state: Standing;
  /** What was typed into fields that could not be read, by the field's name. */
  readonly typed: ReadonlyMap<string, string>;
  /** What is wrong, by the key of the item. */
  readonly problems: ReadonlyMap<string, readonly string[]>;
  /** What a question lets one choose from just now; undefined where nothing is listed. */
  readonly choices: Choices;
  /** Ids (`idOf`) of questions that offer a line for one more answer. */
  readonly more: ReadonlySet<string>;
  /** Keys of questions that came up because of what was answered last. */
  readonly fresh: ReadonlySet<string>;
  /** What a reference may point at, by resource type. */
  readonly referable: ReadonlyMap<string, readonly Referable[]>;
  /** IANA name: what a time without zone means. */
  readonly timeZone: string;
}

export interface Referable {
  readonly reference: string;
  readonly display: string;
}

/** A question as its control sees it. */
export interface Field {
  readonly node: QuestionNode;
  readonly item: PlanItem;
  readonly view: View;
  /** Ids of what describes it: help, hints, what is wrong. */
  readonly describedBy: string;
  /** Id of its label or legend. */
  readonly labelledBy: string;
}

/** One answer of a question that is answered by typing. */
export interface Line {
  readonly field: Field;
  readonly name: string;
  readonly id: string;
  /** Undefined: still empty. */
  readonly answer: AnswerNode | undefined;
  /** As it was typed, where it could not be read. */
  readonly typed: string | undefined;
}

export type Choices = (place: { readonly key: string; readonly item: PlanItem }) => readonly Choice[] | undefined;

export interface Choice {
  /** `optionKey` of the value. */
  readonly key: string;
  readonly value: object;
  readonly words: Said;
  readonly prefix: string | undefined;
  /** data: URL of a picture. */
  readonly picture: { readonly source: string; readonly alternative: string } | undefined;
}
