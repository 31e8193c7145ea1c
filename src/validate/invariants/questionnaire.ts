/** https://hl7.org/fhir/R4/questionnaire.html#invs, https://hl7.org/fhir/R4/questionnaireresponse.html#invs */
import { count, has, objects, part, text } from '../read.ts';
import { type Breach, type Invariant, needs, notBoth, there } from './invariant.ts';

const isType = (item: unknown, types: readonly string[]): boolean => types.includes(text(item, 'type') ?? '');

/** An item of these types has none of these elements. */
const withoutOn =
  (types: readonly string[], names: readonly string[]): Invariant =>
  (item) =>
    !isType(item, types) || !names.some((name) => there(item, name));

/** Only an item of these types may have one of these elements. */
const onlyOn =
  (types: readonly string[], names: readonly string[]): Invariant =>
  (item) =>
    isType(item, types) || !names.some((name) => there(item, name));

const groupOrDisplay: Invariant = (item) => {
  if (isType(item, ['group'])) return has(item, 'item') || { because: 'this group has none' };
  return !isType(item, ['display']) || !has(item, 'item') || { because: 'this display item has some' };
};

/** Linear in the items, without recursion. */
const linkIdsDiffer: Invariant = (questionnaire) => {
  const seen = new Map<string, string>();
  const waiting = [{ owner: questionnaire, path: '' }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const [index, item] of objects(next.owner, 'item').entries()) {
      const path = `${next.path}.item[${index}]`;
      const breach = meetLinkId(text(item, 'linkId'), path, seen);
      if (breach !== undefined) return breach;
      waiting.push({ owner: item, path });
    }
  }
  return true;
};

function meetLinkId(linkId: string | undefined, path: string, seen: Map<string, string>): Breach | undefined {
  if (linkId === undefined) return undefined;
  const first = seen.get(linkId);
  if (first !== undefined) return { at: `${path}.linkId`, because: `'${linkId}' is used at ${first.slice(1)} too` };
  seen.set(linkId, path);
  return undefined;
}

const OPTION_TYPES: readonly string[] = ['choice', 'open-choice', 'decimal', 'integer', 'date', 'dateTime', 'time', 'string', 'quantity'];
const LENGTH_TYPES: readonly string[] = ['boolean', 'decimal', 'integer', 'string', 'text', 'url', 'open-choice'];

export const QUESTIONNAIRE: Readonly<Record<string, Invariant>> = {
  'que-1': groupOrDisplay,
  'que-2': linkIdsDiffer,
  'que-3': withoutOn(['display'], ['code']),
  'que-4': notBoth('answerOption', 'answerValueSet'),
  'que-5': onlyOn(OPTION_TYPES, ['answerOption', 'answerValueSet']),
  'que-6': withoutOn(['display'], ['required', 'repeats']),
  'que-7': (enableWhen) => text(enableWhen, 'operator') !== 'exists' || there(enableWhen, 'answerBoolean'),
  'que-8': withoutOn(['group', 'display'], ['initial']),
  'que-9': withoutOn(['display'], ['readOnly']),
  'que-10': onlyOn(LENGTH_TYPES, ['maxLength']),
  'que-11': notBoth('answerOption', 'initial'),
  'que-12': (item, visit) => count(item, 'enableWhen') <= 2 || needs('enableWhen', 'enableBehavior')(item, visit),
  'que-13': (item) => part(item, 'repeats') === true || count(item, 'initial') <= 1,
  'qrs-1': notBoth('answer', 'item'),
};
