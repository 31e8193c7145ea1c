/** The words of a question in the response are those of the questionnaire, in any of its languages. */
import type { Extension } from 'fhir/r4';
import { extensionsOf } from '../extension.ts';
import { nameOf, type Plan, type PlanItem } from '../plan.ts';
import type { Reading } from '../reading.ts';
import type { ItemRule, KnownItem } from './rule.ts';

/**
 * Told, not refused: a correction of the words under the same version must not make answers unsendable that are given already.
 * https://hl7.org/fhir/uv/sdc/validation.html
 */
export const sameText: ItemRule = (found, reading) => {
  if (isOwnText(found, reading) || askedElsewhere(found, reading) !== undefined) return [];
  return [
    {
      code: 'invariant',
      text: `The text of ${nameOf(found.plan)} is not the questionnaire's; the answer may have been given to another question.`,
      place: `${found.place}.text`,
    },
  ];
};

/** Under the words of another question of the same form the answer is that one's: linkIds have been mixed up. */
export const notAnothersText: ItemRule = (found, reading) => {
  const other = isOwnText(found, reading) ? undefined : askedElsewhere(found, reading);
  if (other === undefined) return [];
  const text = `The text of ${nameOf(found.plan)} is that of '${other.linkId}'; give the answer under the linkId of the question that was asked.`;
  return [{ code: 'invariant', text, place: `${found.place}.text` }];
};

function isOwnText(found: KnownItem, { inForce }: Reading): boolean {
  const { text } = found.raw;
  return text === undefined || isSaid(text, textsOf(found.plan)) || inForce(found.plan, found).text === text;
}

function askedElsewhere({ raw: { text }, plan: own }: KnownItem, { plan }: Reading): PlanItem | undefined {
  return own.expressions.text === undefined ? questionsByText(plan).get(plainly(text)) : undefined;
}

const known = new WeakMap<Plan, ReadonlyMap<string, PlanItem>>();

function questionsByText(plan: Plan): ReadonlyMap<string, PlanItem> {
  const found = known.get(plan);
  if (found !== undefined) return found;
  const made = new Map<string, PlanItem>();
  for (const item of plan.byLinkId.values()) {
    if (item.types.length > 0) for (const text of textsOf(item)) if (text !== undefined) made.set(plainly(text), item);
  }
  known.set(plan, made);
  return made;
}

/** White space is the writer's. */
const isSaid = (text: unknown, texts: readonly unknown[]): boolean => texts.some((one) => one !== undefined && plainly(one) === plainly(text));
const plainly = (text: unknown): string => String(text).replace(/\s+/g, ' ').trim();

/** https://hl7.org/fhir/R4/extension-translation.html */
function textsOf({ definition }: PlanItem): unknown[] {
  const contents = extensionsOf(definition._text, 'translation').map(
    ({ extension = [] }) => extension.find((part: Extension) => part.url === 'content')?.valueString,
  );
  return [definition.text, ...contents];
}
