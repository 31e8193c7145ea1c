/** Choosing: yes or no, a scale of numbers, one or several of a list, with words of one's own where the question is open. */
import type { QuestionnaireResponseItemAnswer } from 'fhir/r4';
import { optionKey, readValue } from '../../../questionnaire/value.ts';
import { type Content, type Html, html } from '../../html.ts';
import { boundsOf, stepOf } from '../hints.ts';
import { idOf } from '../keys.ts';
import { faultIn, NOTHING, oneAnswer, type Posted, type Reading, type Taken, typedIn } from '../posted.ts';
import { asides, codeOf, shownBy } from '../rendering.ts';
import { saidIn, spoken } from '../speech.ts';
import type { Choice, Field } from '../view.ts';
import type { Asked, SetControl } from './control.ts';
import { describes } from './line.ts';

/** The value of a radio button or box that stands for words of one's own. */
const OTHER = '+other';
const otherName = (key: string): string => `${key}${OTHER}`;

const keysIn = ({ node }: Field): ReadonlySet<string> =>
  new Set(
    node.answers.flatMap(({ value }) => {
      const read = readValue(value);
      return read === undefined ? [] : [optionKey(read)];
    }),
  );

interface Tick {
  readonly id: string;
  readonly name: string;
  readonly kind: 'radio' | 'checkbox';
  readonly value: string;
  readonly checked: boolean;
}

const tick = ({ id, name, kind, value, checked }: Tick, label: Content, extra: Content = undefined): Html =>
  html`<label class="choice" for="${id}"><input type="${kind}" id="${id}" name="${name}" value="${value}"${checked && html` checked`}${extra}><span>${label}</span></label>`;

export const yesNo: SetControl = {
  shape: 'set',
  draw: (field) => {
    const { node, view } = field;
    const chosen = node.answers[0]?.value.valueBoolean;
    const radio = (value: boolean): Html =>
      tick(
        { id: idOf(`${node.key}@${value}`), name: node.key, kind: 'radio', value: String(value), checked: chosen === value },
        view.speech.word(value ? 'yes' : 'no'),
      );
    return html`<div class="choices across">${radio(true)}${radio(false)}</div>`;
  },
  read: ({ form }, { key }) => {
    const value = form.get(key);
    return value === 'true' || value === 'false' ? oneAnswer({ valueBoolean: value === 'true' }) : NOTHING;
  },
};

/** Whole numbers from `low` to `high`, each a button; the words at both ends are read with their number. */
export const scale: SetControl = {
  shape: 'set',
  draw: (field) => {
    const { low = 0, high = 0 } = boundsOf(field.item.fixed.limits);
    const step = stepOf(field.item);
    const numbers = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, n) => low + n * step);
    const ends = { [low]: endWords(field, 'lower'), [high]: endWords(field, 'upper') };
    const chosen = field.node.answers[0]?.value.valueInteger;
    const { key } = field.node;
    const button = (value: number): Html =>
      tick(
        { id: idOf(`${key}@${value}`), name: key, kind: 'radio', value: String(value), checked: chosen === value },
        html`${value}${ends[value] && html`<span class="unseen"> ${ends[value]}</span>`}`,
      );
    return html`<div class="scale">${numbers.map(button)}</div>${endsLine(ends[low], ends[high], { low, high })}`;
  },
  read: (posted, { key, item }) => {
    const text = typedIn(posted, key);
    const value = Number(text);
    const { low = 0, high = 0 } = boundsOf(item.fixed.limits);
    return text !== '' && Number.isInteger(value) && value >= low && value <= high ? oneAnswer({ valueInteger: value }) : NOTHING;
  },
};

function endWords({ item, view }: Field, end: 'lower' | 'upper'): Html | undefined {
  const [aside] = asides(item, end);
  const said = aside && saidIn(aside.definition, 'text', view.speech);
  return said && spoken(said, view.speech);
}

/** Seen below the buttons at both ends; heard with the buttons themselves. */
function endsLine(lower: Content, upper: Content, { low, high }: { low: number; high: number }): Content {
  if (!lower && !upper) return undefined;
  return html`<p class="ends" aria-hidden="true">${lower && html`<span><b>${low}</b> ${lower}</span>`}${upper && html`<span class="upper"><b>${high}</b> ${upper}</span>`}</p>`;
}

/** One or several of a list, each with its button. */
export const buttons: SetControl = {
  shape: 'set',
  draw: (field) => {
    const { node, item, view } = field;
    const kind = item.definition.repeats === true ? 'checkbox' : 'radio';
    const chosen = keysIn(field);
    const list = offered(field).map(({ key, words, prefix, picture }, n) =>
      tick(
        { id: idOf(`${node.key}@${n}`), name: node.key, kind, value: key, checked: chosen.has(key) },
        html`${prefix !== undefined && html`<b>${prefix}</b> `}${spoken(words, view.speech)}${picture && html`<img src="${picture.source}" alt="${picture.alternative}">`}`,
        html`${item.exclusive.has(key) && html` data-exclusive`}`,
      ),
    );
    const across = codeOf(item.definition, 'choiceOrientation') === 'horizontal' ? ' across' : '';
    return html`<div class="choices${across}">${list}${item.definition.type === 'open-choice' && otherButton(field, kind)}</div>`;
  },
  read: (posted, asked) => {
    const chosen = chosenIn(posted, asked);
    const other = otherIn(posted, asked, posted.form.getAll(asked.key).includes(OTHER));
    return { taken: [...chosen, ...other.taken], faults: other.faults };
  },
};

const offered = ({ node, view }: Field): readonly Choice[] => view.choices(node) ?? [];

/** The answer in words of one's own, among the answers. */
function ownWords({ node }: Field, choices: readonly Choice[]): string | undefined {
  const listed = new Set(choices.map(({ key }) => key));
  return node.answers.map(({ value }) => value).find(({ valueString }) => valueString !== undefined && !listed.has(`string:${valueString}`))?.valueString;
}

function otherLabel({ item, view }: Field): Content {
  const [label] = shownBy(item.definition, 'openLabel');
  const said = label && saidIn(label, 'valueString', view.speech);
  return said === undefined ? view.speech.word('other') : spoken(said, view.speech);
}

function otherButton(field: Field, kind: 'radio' | 'checkbox'): Html {
  const { node, view } = field;
  const name = otherName(node.key);
  const own = ownWords(field, offered(field));
  const checked = own !== undefined || view.typed.has(name);
  return html`${tick({ id: idOf(`${node.key}@other`), name: node.key, kind, value: OTHER, checked }, otherLabel(field))}<label class="own" for="${idOf(name)}">${view.speech.word('otherSay')}<input type="text" id="${idOf(name)}" name="${name}" value="${own ?? ''}" data-of="${idOf(`${node.key}@other`)}"></label>`;
}

function chosenIn(posted: Posted, { key, item }: Asked): readonly Taken[] {
  const choices = new Map(posted.choices({ key, item })?.map((choice) => [choice.key, choice]));
  const values = [...new Set(posted.form.getAll(key))].slice(0, choices.size + 1);
  const taken = values.flatMap((value) => choices.get(value) ?? []).map(({ value }) => ({ value: value as QuestionnaireResponseItemAnswer })); // the value of an option of this question
  return item.definition.repeats === true ? taken : taken.slice(0, 1);
}

/** Words beside the list: wanted where "other" is chosen, and taken where they were typed and nothing else was chosen. */
function otherIn(posted: Posted, { key, item }: Asked, isChosen: boolean): Reading {
  if (item.definition.type !== 'open-choice') return NOTHING;
  const name = otherName(key);
  const text = typedIn(posted, name);
  const isWanted = isChosen || (text !== '' && posted.form.getAll(key).length === 0);
  if (!isWanted) return NOTHING;
  return text === '' ? faultIn(posted, name, posted.speech.word('otherSay')) : oneAnswer({ valueString: text.slice(0, 1000) });
}

/** One of a long list. */
export const dropDown: SetControl = {
  shape: 'set',
  isList: true,
  draw: (field) => {
    const { node, item, view } = field;
    const chosen = keysIn(field);
    const options = offered(field).map(({ key, words }) => html`<option value="${key}"${chosen.has(key) && html` selected`}>${words.text}</option>`);
    const own = item.definition.type === 'open-choice' && ownField(field);
    return html`<select id="${idOf(`${node.key}@0`)}" name="${node.key}" aria-labelledby="${field.labelledBy}"${describes({ field })}><option value="">${view.speech.word('choose')}</option>${options}</select>${own}`;
  },
  read: (posted, asked) => {
    const chosen = chosenIn(posted, asked);
    const other = otherIn(posted, asked, typedIn(posted, otherName(asked.key)) !== '');
    return other.taken.length > 0 && asked.item.definition.repeats !== true ? other : { taken: [...chosen, ...other.taken], faults: other.faults };
  },
};

function ownField(field: Field): Html {
  const name = otherName(field.node.key);
  const own = ownWords(field, offered(field));
  return html`<label class="own" for="${idOf(name)}">${field.view.speech.word('inOwnWords')}<input type="text" id="${idOf(name)}" name="${name}" value="${own ?? ''}"></label>`;
}

/** Found at most by one search of a long list. */
const MOST_FOUND = 20;
const filterName = (key: string): string => `${key}+find`;

/** One or several of a list too long to be shown: a part of the word is typed, and the server shows what contains it. */
export const search: SetControl = {
  shape: 'set',
  draw: (field) => {
    const { node, view, item } = field;
    const { word } = view.speech;
    const sought = view.typed.get(filterName(node.key)) ?? '';
    const chosen = keysIn(field);
    const found = sought === '' ? [] : offered(field).filter(({ key, words }) => chosen.has(key) || folded(words.text).includes(folded(sought)));
    const kept = offered(field).filter(({ key }) => chosen.has(key));
    const shown = [...new Set([...kept, ...found])].slice(0, MOST_FOUND + kept.length);
    const kind = item.definition.repeats === true ? 'checkbox' : 'radio';
    const list = shown.map(({ key, words }, n) =>
      tick({ id: idOf(`${node.key}@${n}`), name: node.key, kind, value: key, checked: chosen.has(key) }, spoken(words, view.speech)),
    );
    const none = sought !== '' && found.length === 0 && html`<p role="status">${word('filterNone', { text: sought })}</p>`;
    const more = found.length > MOST_FOUND && html`<p>${word('filterMore')}</p>`;
    return html`<div class="find"><label for="${idOf(filterName(node.key))}">${word('filter')}</label><input type="text" id="${idOf(filterName(node.key))}" name="${filterName(node.key)}" value="${sought}" autocomplete="off" data-find="find:${node.key}"><button type="submit" class="quiet" name="do" value="find:${node.key}">${word('filterButton')}</button></div>
<p class="hint">${word('filterHint')}</p>${none}<div class="choices">${list}</div>${more}${item.definition.type === 'open-choice' && ownField(field)}`;
  },
  read: (posted, asked) => dropDown.read(posted, asked),
};

const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
