/**
 * What every response must keep to, drafts too: known linkIds, each in its place, answers only where a question is.
 * https://hl7.org/fhir/R4/questionnaireresponse.html#notes
 */
import { nameOf } from '../plan.ts';
import { expectedIn, type Fault, type HolderRule, type ItemRule } from './rule.ts';

/** Items that the questionnaire does not have, or has elsewhere. */
export const placedRightly: HolderRule = (holder, { plan }) => {
  const expected = new Set(expectedIn(holder, plan));
  const known = holder.children.some((found) => found.plan === undefined) ? knownWords([...plan.byLinkId.keys()]) : '';
  return holder.children.flatMap((found): Fault[] => {
    if (found.plan === undefined)
      return [{ code: 'structure', text: `The questionnaire has no item '${found.linkId}'; ${known}.`, place: `${found.place}.linkId` }];
    if (expected.has(found.plan)) return [];
    const { parent } = found.plan;
    const home = parent === undefined ? 'at the top of the response' : `inside ${nameOf(parent)}`;
    return [{ code: 'structure', text: `The item ${nameOf(found.plan)} stands in the wrong place; it belongs ${home}.`, place: found.place }];
  });
};

const knownWords = (known: readonly string[]): string =>
  known.length <= 12 ? `its linkIds are ${known.join(', ')}` : `it has ${known.length} items, ${known.slice(0, 6).join(', ')} and more`;

/** Items nested in a question stand under its answer; items nested in a group stand under the group. */
export const nestedRightly: ItemRule = (found) => {
  const isGroup = found.plan.definition.type === 'group';
  if (isGroup || found.children.length === 0) return [];
  const nested = new Set(found.answers.flatMap((answer) => answer.children));
  const loose = found.children.filter((child) => !nested.has(child));
  return loose.map((child) => ({
    code: 'structure',
    text: `The item '${child.linkId}' belongs to an answer of the question ${nameOf(found.plan)}; put it under answer.item, not under item.`,
    place: child.place,
  }));
};

export const answersOnlyQuestions: ItemRule = (found) => {
  const { type } = found.plan.definition;
  if (type !== 'group' && type !== 'display') return [];
  const faults: Fault[] = [];
  if (found.answers.length > 0) {
    faults.push({ code: 'structure', text: `${nameOf(found.plan)} is a ${type}, which has no answer; only questions have.`, place: `${found.place}.answer` });
  }
  if (type === 'display' && found.children.length > 0) {
    faults.push({ code: 'structure', text: `${nameOf(found.plan)} only shows words and holds no items.`, place: `${found.place}.item` });
  }
  return faults;
};
