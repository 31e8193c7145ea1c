/** Whole numbers, decimal numbers, and quantities with a unit. */
import type { Coding } from 'fhir/r4';
import type { PlanItem } from '../../../questionnaire/plan.ts';
import { sayCoding } from '../../../questionnaire/translate.ts';
import { type Html, html } from '../../html.ts';
import { boundsOf, stepOf } from '../hints.ts';
import { faultIn, NOTHING, oneAnswer, type Posted, type Reading, typedIn } from '../posted.ts';
import { asides, controlOf } from '../rendering.ts';
import { type Speech, saidIn, spoken } from '../speech.ts';
import type { Line } from '../view.ts';
import type { AskedLine, LineControl } from './control.ts';
import { describes, objectIn, wordsIn } from './line.ts';

/** Digits of other scripts, full-width ones and the decimal comma are read as they are meant. */
export function numberFrom(text: string): number | undefined {
  const plain = text
    .normalize('NFKC')
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replaceAll('\u2212', '-')
    .replaceAll('\u066b', '.')
    .replace(/\s/g, '')
    .replace(',', '.');
  return /^[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(plain) ? Number(plain) : undefined;
}

const isWhole = ({ definition }: PlanItem): boolean => definition.type === 'integer';

/** FHIR's integer. https://hl7.org/fhir/R4/datatypes.html#integer */
const LARGEST = 2_147_483_647;

/** A slider is added by the script beside the field: without one the number is typed, and nothing is answered by accident. */
function sliderOf({ field: { item } }: Line): Html | undefined {
  const { low, high } = boundsOf(item.fixed.limits);
  if (controlOf(item) !== 'slider' || low === undefined || high === undefined) return undefined;
  return html` data-slider data-min="${low}" data-max="${high}" data-step="${stepOf(item)}"`;
}

function input(line: Line, value: string): Html {
  const mode = isWhole(line.field.item) && (boundsOf(line.field.item.fixed.limits).low ?? -1) >= 0 ? 'numeric' : 'decimal';
  return html`<input type="text" class="number" id="${line.id}" name="${line.name}" value="${value}" inputmode="${mode}" autocomplete="off"${sliderOf(line)}${describes(line)}>`;
}

export const number: LineControl = {
  shape: 'line',
  draw: (line) => html`${input(line, wordsIn(line))}${unitBeside(line)}`,
  read: (posted, asked) => readNumber(posted, asked, (value) => oneAnswer(isWhole(asked.item) ? { valueInteger: value } : { valueDecimal: value })),
};

function readNumber(posted: Posted, { name, item }: AskedLine, take: (value: number) => Reading): Reading {
  const text = typedIn(posted, name);
  if (text === '') return NOTHING;
  const value = numberFrom(text);
  const fits = value !== undefined && (!isWhole(item) || (Number.isInteger(value) && Math.abs(value) <= LARGEST));
  if (!fits)
    return faultIn(
      posted,
      name,
      `${posted.speech.word('notUnderstood', { text: text.slice(0, 40) })} ${posted.speech.word(isWhole(item) ? 'wholeNumber' : 'anyNumber')}`,
    );
  return take(value);
}

/** The unit of a plain number: a display below it says so, or its unit extension. */
function unitBeside({ field: { item, view } }: Line): Html | undefined {
  const [shown] = asides(item, 'unit');
  const said = shown === undefined ? unitWords(item, view.speech) : saidIn(shown.definition, 'text', view.speech);
  return said && html` <span class="unit">${spoken(said, view.speech)}</span>`;
}

function unitWords(item: PlanItem, { tongue }: Speech) {
  const [unit, ...others] = item.units.codings;
  if (unit === undefined || others.length > 0) return undefined;
  return sayCoding(unit, tongue) ?? { text: String(unit.code ?? ''), language: undefined };
}

const OPEN = '+open';

export const quantity: LineControl = {
  shape: 'line',
  isCompound: true,
  draw: (line) => {
    const value = line.typed ?? String(objectIn(line).value ?? '');
    const units = line.field.item.units.codings;
    const single = units.length === 1 && !isOpen(line.field.item);
    const label = line.field.labelledBy;
    return html`<span class="quantity"><span class="part">${html`<input type="text" class="number" id="${line.id}" name="${line.name}" value="${value}" inputmode="decimal" autocomplete="off" aria-labelledby="${label}"${describes(line)}>`}</span>${single ? unitBeside(line) : unitField(line, units)}</span>`;
  },
  read: (posted, asked) => readQuantity(posted, asked),
};

/** Without any unit given one may be typed too. */
const isOpen = ({ units }: PlanItem): boolean => units.codings.length === 0 || units.open !== 'optionsOnly';

function unitField({ field: { item, view }, id, name, answer, field }: Line, units: readonly Coding[]): Html {
  const { word, tongue } = view.speech;
  const chosen = objectIn({ answer } as Line); // only the answer is read
  const isListed = units.some(({ code }) => code === chosen.code);
  const open = isListed ? '' : String(chosen.unit ?? chosen.code ?? '');
  const list =
    units.length > 0 &&
    html`<label class="part" for="${id}+unit">${word('unit')} <select id="${id}+unit" name="${name}+unit"><option value="">${word('noUnit')}</option>${units.map((unit) => html`<option value="${String(unit.code)}"${isListed && unit.code === chosen.code && html` selected`}>${sayCoding(unit, tongue)?.text ?? String(unit.code)}</option>`)}</select></label>`;
  const typed =
    isOpen(field.item) &&
    html`<label class="part" for="${id}${OPEN}">${units.length > 0 ? word('other') : word('unit')} <input type="text" class="unit" id="${id}${OPEN}" name="${name}${OPEN}" value="${open}"></label>`;
  return html`${list}${item.definition.type === 'quantity' && typed}`;
}

function readQuantity(posted: Posted, asked: AskedLine): Reading {
  const units = asked.item.units.codings;
  return readNumber(posted, asked, (value) => {
    const unit = unitIn(posted, asked, units);
    if (unit === undefined && units.length > 0) return faultIn(posted, asked.name, posted.speech.word('noUnitChosen'));
    return oneAnswer({ valueQuantity: { value, ...unit } });
  });
}

function unitIn(posted: Posted, { name, item }: AskedLine, units: readonly Coding[]): object | undefined {
  const typed = isOpen(item) ? typedIn(posted, `${name}${OPEN}`) : '';
  if (typed !== '') return { unit: typed.slice(0, 100) };
  const code = units.length === 1 && !isOpen(item) ? units[0]?.code : typedIn(posted, `${name}+unit`);
  const unit = units.find((one) => one.code === code);
  if (unit === undefined) return undefined;
  const { system, display } = unit;
  return { unit: display ?? code, ...(system === undefined ? {} : { system }), code };
}
