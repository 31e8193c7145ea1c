/** The kinds of fields, one file each. */
import type { PlanItem } from '../../../questionnaire/plan.ts';
import type { Html } from '../../html.ts';
import type { Posted, Reading } from '../posted.ts';
import type { Field, Line } from '../view.ts';

/** Answered by choosing: all of its inputs belong to one fieldset, whose legend is the question. */
export interface SetControl {
  readonly shape: 'set';
  /** A list that opens, and no buttons. */
  readonly isList?: boolean;
  draw(field: Field): Html;
  read(posted: Posted, asked: Asked): Reading;
}

/** Answered by typing: one line an answer, with a label. */
export interface LineControl {
  readonly shape: 'line';
  /** More than one input makes up an answer, so that the question is a legend. */
  readonly isCompound?: boolean;
  draw(line: Line): Html;
  /** Undefined: left empty. */
  read(posted: Posted, asked: AskedLine): Reading;
}

export type Control = SetControl | LineControl;

export interface Asked {
  readonly key: string;
  readonly item: PlanItem;
}

export interface AskedLine extends Asked {
  readonly name: string;
}
