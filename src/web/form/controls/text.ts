/** Short text, long text and addresses. */
import { html } from '../../html.ts';
import { faultIn, NOTHING, oneAnswer, typedIn } from '../posted.ts';
import { codeOf } from '../rendering.ts';
import type { Line } from '../view.ts';
import type { LineControl } from './control.ts';
import { describes, objectIn, wordsIn } from './line.ts';

/** Characters kept of one answer where the questionnaire sets no limit. */
const LONGEST = 20_000;

/** https://hl7.org/fhir/uv/sdc/ValueSet/keyboardType: the keys that a telephone offers. */
const KEYBOARDS: ReadonlyMap<string | undefined, string> = new Map([
  ['phone', 'tel'],
  ['email', 'email'],
  ['number', 'decimal'],
  ['url', 'url'],
]);

const keys = ({ field }: Line): string => KEYBOARDS.get(codeOf(field.item.definition, 'keyboard')) ?? 'text';

export const shortText: LineControl = {
  shape: 'line',
  draw: (line) => html`<input type="text" id="${line.id}" name="${line.name}" value="${wordsIn(line)}" inputmode="${keys(line)}"${describes(line)}>`,
  read: (posted, { name }) => readText(typedIn(posted, name)),
};

export const longText: LineControl = {
  shape: 'line',
  draw: (line) => html`<textarea id="${line.id}" name="${line.name}" rows="4"${describes(line)}>
${wordsIn(line)}</textarea>`,
  read: (posted, { name }) => readText(typedIn(posted, name).replaceAll('\r\n', '\n')),
};

function readText(text: string) {
  return text === '' ? NOTHING : oneAnswer({ valueString: text.slice(0, LONGEST) });
}

/** A choice whose list is not known here: its words, as they were typed. */
export const unlistedChoice: LineControl = {
  ...shortText,
  draw: (line) =>
    html`<input type="text" id="${line.id}" name="${line.name}" value="${line.typed ?? String(objectIn(line).display ?? objectIn(line).code ?? '')}"${describes(line)}>`,
  read: (posted, { name, item }) => {
    const text = typedIn(posted, name).slice(0, LONGEST);
    if (text === '' || item.definition.type === 'open-choice') return readText(text);
    return oneAnswer({ valueCoding: { display: text } });
  },
};

const SAFE_ADDRESS = /^(?:https?:\/\/|mailto:|urn:|tel:)\S+$/i;

export const address: LineControl = {
  shape: 'line',
  draw: (line) =>
    html`<input type="text" id="${line.id}" name="${line.name}" value="${wordsIn(line)}" inputmode="url" autocapitalize="none" spellcheck="false"${describes(line)}>`,
  read: (posted, { name }) => {
    const text = typedIn(posted, name);
    if (text === '') return NOTHING;
    const full = text.includes(':') ? text : `https://${text}`;
    return SAFE_ADDRESS.test(full) && (URL.canParse(full) || full.startsWith('urn:'))
      ? oneAnswer({ valueUri: full })
      : faultIn(posted, name, posted.speech.word('urlForm'));
  },
};
