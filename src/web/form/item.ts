/** One item of a form as HTML: its words, what helps to answer it, what is wrong, and its field. */
import type { PlanItem } from '../../questionnaire/plan.ts';
import { elementOf } from '../../questionnaire/rules/types.ts';
import { type Content, type Html, html } from '../html.ts';
import { answerWords } from './answer-words.ts';
import { isFilledIn } from './beginning.ts';
import type { LineControl, SetControl } from './controls/control.ts';
import { controlFor } from './controls/kinds.ts';
import { hintsOf } from './hints.ts';
import { answerKey, idOf, MOST } from './keys.ts';
import { pictureOf } from './media.ts';
import { asides, codeOf, controlOf, isAside, isTable, shownBy } from './rendering.ts';
import { type Speech, saidIn, spoken } from './speech.ts';
import { richText } from './text.ts';
import type { GroupNode, Node, QuestionNode } from './tree.ts';
import type { Field, View } from './view.ts';

/** How deep a heading stands: 2 below the page's title. */
export function drawNodes(nodes: readonly Node[], view: View, depth = 2): Html {
  const lastOf = new Map(nodes.map((node) => [node.item, node.key]));
  return html`${nodes.map((node) => html`${drawNode(node, view, depth)}${node.kind === 'group' && lastOf.get(node.item) === node.key && addGroup(node, nodes, view)}`)}`;
}

export const isShown = (node: Node, { state }: Pick<View, 'state'>): boolean =>
  !node.item.hidden && !isAside(node.item) && state.at(node.key)?.enabled === true;

function drawNode(node: Node, view: View, depth: number): Content {
  if (!isShown(node, view)) return undefined;
  if (node.kind === 'display') return drawDisplay(node.item, node.key, view);
  return node.kind === 'group' ? drawGroup(node, view, depth) : drawQuestion(node, view, depth);
}

function drawDisplay(item: PlanItem, key: string, { speech }: View): Html {
  const kind = codeOf(item.definition, 'displayCategory') ?? controlOf(item) ?? 'text';
  return html`<div class="note ${kind.replace(/[^a-z-]/g, '')}" id="${idOf(key)}" data-item="${key}">${prefixOf(item, speech)}${richText(item, speech)}${picture(item, speech)}${links(item)}</div>`;
}

function drawGroup(node: GroupNode, view: View, depth: number): Html {
  const { item, key, nodes } = node;
  const id = idOf(key);
  const number = occurrenceOf(node);
  const nth = number !== undefined && view.speech.word('nth', { n: number + 1 });
  const words = item.definition.text !== undefined && html`${prefixOf(item, view.speech)}${richText(item, view.speech)}`;
  const heading =
    (words || nth) &&
    html`<div class="heading" role="heading" aria-level="${Math.min(depth, 6)}" id="${id}-l">${words}${nth && html` <span class="nth">${nth}</span>`}</div>`;
  const shape = [isTable(item) ? 'matrix' : '', item.definition.repeats === true ? 'row' : ''].join(' ');
  return html`<section class="group depth${Math.min(depth, 4)} ${shape}" id="${id}" data-item="${key}" role="group"${heading && html` aria-labelledby="${id}-l"`} tabindex="-1">${item.definition.repeats === true && html`<input type="hidden" name="shown" value="${key}">`}${heading}${helps(item, view.speech)}${wrong(key, view)}${picture(item, view.speech)}<div class="inside">${drawNodes(nodes, view, depth + 1)}</div>${number !== undefined && html`<p><button type="submit" class="quiet small" name="do" value="remove:${key}" aria-describedby="${id}-l">${view.speech.word('removeNth', { n: number + 1 })}</button></p>`}</section>`;
}

/** Undefined for a group that does not repeat. */
const occurrenceOf = ({ item, key }: GroupNode): number | undefined =>
  item.definition.repeats === true ? Number(key.slice(key.lastIndexOf(':') + 1)) : undefined;

/** Behind the last occurrence: room for one more. */
function addGroup({ item }: GroupNode, nodes: readonly Node[], view: View): Content {
  const occurrences = nodes.filter((node) => node.item === item);
  const most = Math.min(item.fixed.maxOccurs, MOST);
  const first = occurrences[0];
  if (item.definition.repeats !== true || first === undefined || !isShown(first, view) || occurrences.length >= most) return undefined;
  const what = saidIn(item.definition, 'text', view.speech)?.text;
  return html`<p class="add"><button type="submit" class="quiet" name="do" value="add:${first.key.slice(0, first.key.lastIndexOf(':'))}">${view.speech.word('addGroup')}${what !== undefined && html`: ${what}`}</button></p>`;
}

function drawQuestion(node: QuestionNode, view: View, depth: number): Content {
  const { item, key } = node;
  const control = controlFor(item, view.choices(node)?.length);
  if (control === undefined) return undefined;
  const inner = node.answers.map((answer) => html`<div class="nested">${drawNodes(answer.nodes, view, depth)}</div>`);
  const filled = withCalculated(node, view);
  const body = isFixed(node, view) ? fixed(filled, view) : asked(filled, view, control);
  const isNew = view.fresh.has(key) ? ' fresh' : '';
  return html`<div class="item${isNew}${view.problems.has(key) && ' faulty'}" id="${idOf(key)}" data-item="${key}">${body}${inner}</div>`;
}

/** Shows what the engine worked out where nobody has said otherwise. */
export function withCalculated(node: QuestionNode, { state }: View): QuestionNode {
  const calculated = state.at(node.key)?.calculated ?? [];
  if (node.answers.length > 0 || calculated.length === 0) return node;
  return {
    ...node,
    answers: calculated.map(({ type, raw }, n) => ({
      key: answerKey(node.key, n),
      value: { [elementOf(type)]: raw },
      nodes: [],
    })),
  };
}

/** Not to be typed: worked out, or filled in beforehand. */
export const isFixed = ({ key }: QuestionNode, { state }: View): boolean => state.at(key)?.inForce.readOnly === true;

/** Whether something in it was taken from what is known, and nobody has changed it. */
export const hasFilledIn = ({ answers }: QuestionNode): boolean => answers.some(({ value }) => isFilledIn(value));

const isComputed = ({ item }: QuestionNode): boolean => item.expressions.calculatedExpression !== undefined;

function fixed(node: QuestionNode, view: View): Html {
  const words = node.answers.map((answer) => answerWords(node, answer.value, view));
  const id = idOf(node.key);
  const computed = isComputed(node) && html` <span class="hint">${view.speech.word('computed')}</span>`;
  return html`<div class="label" id="${id}-l">${labelWords(node, view)}${computed}</div><output class="value" id="${id}-o" aria-labelledby="${id}-l">${words.length === 0 ? view.speech.word('notYet') : words.map((one, n) => html`${n > 0 && ', '}${one}`)}</output>${hasFilledIn(node) && html`<p class="filled">${view.speech.word('filledInFixed')}</p>`}`;
}

function asked(node: QuestionNode, view: View, control: SetControl | LineControl): Html {
  const { item, key } = node;
  const id = idOf(key);
  const hints = [...hintsFor(node, view, control)];
  const isFilled = hasFilledIn(node);
  const parts = { h: hasHelp(item), t: hints.length > 0, f: isFilled, e: view.problems.has(key) };
  const describedBy = Object.entries(parts)
    .flatMap(([part, isThere]) => (isThere ? [`${id}-${part}`] : []))
    .join(' ');
  const field: Field = { node, item, view, describedBy, labelledBy: `${id}-l` };
  const about = html`<input type="hidden" name="shown" value="${key}">${helps(item, view.speech, `${id}-h`)}${hints.length > 0 && html`<p class="hint" id="${id}-t">${hints.map((hint, n) => html`${n > 0 && ' '}${hint}`)}</p>`}${picture(item, view.speech)}${links(item)}${isFilled && html`<p class="filled" id="${id}-f">${view.speech.word('filledIn')}</p>`}${wrong(key, view)}`;
  if (control.shape === 'set') return set(field, control, about);
  const isSingle = item.definition.repeats !== true && control.isCompound !== true;
  return isSingle
    ? html`<label class="label" id="${id}-l" for="${idOf(answerKey(key, 0))}">${labelWords(node, view)}</label>${about}${lines(field, control)}`
    : html`<fieldset${describedBy !== '' && html` aria-describedby="${describedBy}"`}><legend class="label" id="${id}-l">${labelWords(node, view)}</legend>${about}${lines(field, control)}${addLine(field)}</fieldset>`;
}

function hintsFor(node: QuestionNode, { speech, choices, state }: View, control: SetControl | LineControl): readonly string[] {
  const { item, key } = node;
  const worked = isComputed(node) ? [speech.word('computedChange')] : [];
  if (control.shape === 'line') return [...hintsOf(item, state.at(key)?.inForce.limits ?? item.fixed.limits, speech), ...worked];
  if (item.definition.repeats !== true) return worked;
  const alone = (choices(node) ?? [])
    .filter((choice) => item.exclusive.has(choice.key))
    .map(({ words }) => speech.word('exclusiveHint', { option: words.text }));
  return [speech.word('oneOrMore'), ...alone];
}

function set(field: Field, control: SetControl, about: Html): Html {
  const { node, item, view, describedBy, labelledBy } = field;
  const isRadio = item.definition.repeats !== true && control.isList !== true;
  const states = html`${isRadio && html` role="radiogroup" aria-labelledby="${labelledBy}"`}${describedBy !== '' && html` aria-describedby="${describedBy}"`}${isRadio && view.problems.has(node.key) && html` aria-invalid="true"`}${isRadio && isRequired(node.key, view) && html` aria-required="true"`}`;
  const clear =
    isRadio &&
    node.answers.length > 0 &&
    html`<p class="clear"><button type="submit" class="plain" name="do" value="clear:${node.key}" aria-describedby="${labelledBy}">${view.speech.word('clear')}</button></p>`;
  return html`<fieldset${states}><legend class="label" id="${labelledBy}">${labelWords(node, view)}</legend>${about}${control.draw(field)}${clear}</fieldset>`;
}

/** A line for each answer, for what could not be read, and for one more. */
function lines(field: Field, control: LineControl): Html {
  const { node, view, item } = field;
  const repeats = item.definition.repeats === true;
  const names = Array.from({ length: lineCount(field) }, (_, n) => answerKey(node.key, n));
  const left = [...node.answers];
  const drawn = names.map((name, n) => {
    const typed = view.typed.get(name);
    const line = { field, name, id: idOf(name), answer: typed === undefined ? left.shift() : undefined, typed };
    if (!repeats) return control.draw(line);
    const remove =
      names.length > 1 &&
      html`<button type="submit" class="quiet small" name="do" value="remove:${name}" aria-describedby="${field.labelledBy}">${view.speech.word('removeNth', { n: n + 1 })}</button>`;
    return html`<div class="line"><label class="nth" for="${line.id}">${view.speech.word('answerN', { n: n + 1 })}</label> ${control.draw(line)} ${remove}</div>`;
  });
  return html`${drawn}`;
}

function lineCount({ node, view, item }: Field): number {
  if (item.definition.repeats !== true) return 1;
  const typed = [...view.typed.keys()].filter((name) => name.startsWith(`${node.key}@`)).map((name) => Number(name.slice(node.key.length + 1)));
  const known = typed.filter((n) => Number.isInteger(n) && n < MOST);
  const blank = (node.answers.length + known.length === 0 ? 1 : 0) + (view.more.has(idOf(node.key)) ? 1 : 0);
  return Math.min(MOST, Math.max(node.answers.length + known.length + blank, ...known.map((n) => n + 1)));
}

function addLine(field: Field): Content {
  const { item, node, view } = field;
  const most = Math.min(item.fixed.maxOccurs, MOST);
  if (item.definition.repeats !== true || lineCount(field) >= most) return undefined;
  return html`<p class="add"><button type="submit" class="quiet small" name="do" value="add:${node.key}" aria-describedby="${field.labelledBy}">${view.speech.word('addAnswer')}</button></p>`;
}

const isRequired = (key: string, { state }: View): boolean => state.at(key)?.inForce.required === true;

/** What an item is called in a list of items. */
export const labelOf = ({ item }: Node, speech: Speech): Content => {
  const said = saidIn(item.definition, 'text', speech);
  return said === undefined ? item.linkId : spoken(said, speech);
};

function labelWords({ item, key }: QuestionNode, view: View): Html {
  const must = isRequired(key, view) && html` <span class="must">(${view.speech.word('required')})</span>`;
  const fresh = view.fresh.has(key) && html` <span class="tag">${view.speech.word('isNew')}</span>`;
  return html`${prefixOf(item, view.speech)}<span class="words">${worded(item, key, view)}</span>${must}${fresh}`;
}

/** An expression may say more than the text that stands in the questionnaire. */
function worded(item: PlanItem, key: string, { state, speech }: View): Html {
  const text = item.expressions.text === undefined ? undefined : state.at(key)?.inForce.text;
  return text === undefined ? richText(item, speech) : html`${text}`;
}

function prefixOf({ definition }: PlanItem, speech: Speech): Content {
  const said = saidIn(definition, 'prefix', speech);
  return said && html`<span class="prefix">${spoken(said, speech)}</span> `;
}

const HELPS = ['prompt', 'help', 'flyover', 'legal'] as const;

const helpsOf = (item: PlanItem): readonly PlanItem[] => HELPS.flatMap((kind) => asides(item, kind));
const hasHelp = (item: PlanItem): boolean => helpsOf(item).length > 0;

function helps(item: PlanItem, speech: Speech, id?: string): Content {
  return (
    hasHelp(item) &&
    html`<div class="help"${id !== undefined && html` id="${id}"`}>${helpsOf(item).map((help) => html`<div>${richText(help, speech)}</div>`)}</div>`
  );
}

function wrong(key: string, { problems }: View): Content {
  const texts = problems.get(key) ?? [];
  return texts.length > 0 && html`<div class="wrong" id="${idOf(key)}-e">${texts.map((text) => html`<p>${text}</p>`)}</div>`;
}

function picture({ definition }: PlanItem, speech: Speech): Content {
  const found = pictureOf(definition, 'itemMedia', speech);
  return found && html`<img class="media" src="${found.source}" alt="${found.alternative}">`;
}

/** Pages that explain a question; opened beside the form, so that nothing typed is left. */
function links({ definition }: PlanItem): Content {
  const addresses = shownBy(definition, 'supportLink').flatMap(({ valueUri, valueUrl }) => valueUri ?? valueUrl ?? []);
  const safe = addresses.filter((address) => /^https?:\/\/\S+$/i.test(address));
  return (
    safe.length > 0 && html`<p class="links">${safe.map((address) => html`<a href="${address}" target="_blank" rel="noopener noreferrer">${address}</a> `)}</p>`
  );
}
