/** Which control a question gets. */
import type { PlanItem } from '../../../questionnaire/plan.ts';
import { boundsOf, stepOf } from '../hints.ts';
import { answerKey } from '../keys.ts';
import { controlOf } from '../rendering.ts';
import type { QuestionNode } from '../tree.ts';
import { attachment } from './attachment.ts';
import { buttons, dropDown, scale, search, yesNo } from './choice.ts';
import type { Control } from './control.ts';
import { number, quantity } from './number.ts';
import { reference } from './reference.ts';
import { address, longText, shortText, unlistedChoice } from './text.ts';
import { date, moment, time } from './time.ts';

const BY_TYPE: ReadonlyMap<string, Control> = new Map<string, Control>([
  ['boolean', yesNo],
  ['decimal', number],
  ['date', date],
  ['dateTime', moment],
  ['time', time],
  ['string', shortText],
  ['text', longText],
  ['url', address],
  ['quantity', quantity],
  ['reference', reference],
  ['attachment', attachment],
]);

/** Longest list with a button for each option. */
const MOST_BUTTONS = 12;
/** Longest list that is opened and scrolled through. */
const MOST_OPTIONS = 80;
/** Longest scale with a button for each number. */
const MOST_STEPS = 21;

/** Undefined for an item that is no question, or of a type that R4 does not have. `options`: how many there are, where they are listed. */
export function controlFor(item: PlanItem, options: number | undefined): Control | undefined {
  const { type } = item.definition;
  if (type === 'integer') return isScale(item) ? scale : number;
  if (type !== 'choice' && type !== 'open-choice') return BY_TYPE.get(type);
  return options === undefined ? unlistedChoice : choiceControl(item, options);
}

function choiceControl(item: PlanItem, options: number): Control {
  const wanted = controlOf(item);
  if (wanted === 'autocomplete' || wanted === 'lookup' || options > MOST_OPTIONS) return search;
  if (wanted === 'radio-button' || wanted === 'check-box' || item.definition.repeats === true) return buttons;
  return wanted === 'drop-down' || options > MOST_BUTTONS ? dropDown : buttons;
}

function isScale(item: PlanItem): boolean {
  const { low, high } = boundsOf(item.fixed.limits);
  const wanted = controlOf(item);
  if (low === undefined || high === undefined || high <= low || item.definition.repeats === true || wanted === 'text-box' || wanted === 'spinner') return false;
  const steps = (high - low) / stepOf(item) + 1;
  return steps <= (wanted === 'slider' ? MOST_STEPS : 11);
}

/** The key of the input that a question begins with: where the focus goes when something is wrong. */
export function firstInput({ item, key }: Pick<QuestionNode, 'item' | 'key'>, options: number | undefined): string {
  const control = controlFor(item, options);
  if (control === yesNo) return `${key}@true`;
  if (control === scale) return `${key}@${boundsOf(item.fixed.limits).low ?? 0}`;
  return control === search ? `${key}+find` : answerKey(key, 0);
}
