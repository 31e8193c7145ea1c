/** The words of a question in the response are those of the questionnaire, in any of its languages. */
import type { Extension } from 'fhir/r4';
import { extensionsOf } from '../extension.ts';
import { nameOf, type PlanItem } from '../plan.ts';
import type { ItemRule } from './rule.ts';

export const sameText: ItemRule = (found, { inForce }) => {
  const { text } = found.raw;
  if (text === undefined || textsOf(found.plan).includes(text) || inForce(found.plan, found).text === text) return [];
  return [
    {
      code: 'invariant',
      text: `The text of ${nameOf(found.plan)} is not the questionnaire's; the answer may have been given to another question.`,
      place: `${found.place}.text`,
    },
  ];
};

/** https://hl7.org/fhir/R4/extension-translation.html */
function textsOf({ definition }: PlanItem): unknown[] {
  const contents = extensionsOf(definition._text, 'translation').map(
    ({ extension = [] }) => extension.find((part: Extension) => part.url === 'content')?.valueString,
  );
  return [definition.text, ...contents];
}
