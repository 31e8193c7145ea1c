/**
 * The rules for answers, written down a second time as plainly as can be: no plan, no index, no order, everything looked
 * up anew each time. https://hl7.org/fhir/uv/sdc/behavior.html, section by section.
 */
import type { QuestionnaireItem, QuestionnaireItemEnableWhen, QuestionnaireResponseItem, QuestionnaireResponseItemAnswer } from 'fhir/r4';
import { CORE, SDC } from './fixture.ts';

/** One item of the response with its way down: the item, then the answer or group around it, and so on to the top. */
interface Spot {
  readonly given: QuestionnaireResponseItem;
  readonly above: readonly (QuestionnaireResponseItem | QuestionnaireResponseItemAnswer)[];
}

interface World {
  readonly form: readonly QuestionnaireItem[];
  readonly answers: readonly QuestionnaireResponseItem[];
}

/** Of every fault `linkId what`, sorted. */
export function faultsByHand(form: readonly QuestionnaireItem[], answers: readonly QuestionnaireResponseItem[]): string[] {
  return [...new Set(inside(form, answers, [], { form, answers }))].sort();
}

function inside(form: readonly QuestionnaireItem[], answers: readonly QuestionnaireResponseItem[], above: Spot['above'], world: World): string[] {
  const faults: string[] = [];
  for (const item of form) {
    const here = answers.filter(({ linkId }) => linkId === item.linkId);
    if (!enabled(item, above, world)) {
      if (here.some(saysSomething)) faults.push(`${item.linkId} disabled`);
      continue;
    }
    faults.push(...(item.type === 'group' ? groupFaults(item, here, above, world) : questionFaults(item, here, above, world)));
  }
  return faults;
}

const saysSomething = ({ answer = [], item = [] }: QuestionnaireResponseItem): boolean => answer.length > 0 || item.some(saysSomething);

function groupFaults(item: QuestionnaireItem, here: readonly QuestionnaireResponseItem[], above: Spot['above'], world: World): string[] {
  const faults = here.flatMap((one) => inside(item.item ?? [], one.item ?? [], [one, ...above], world));
  if (here.length > most(item)) faults.push(`${item.linkId} many`);
  if (here.length > 0) return here.length < least(item) ? [...faults, `${item.linkId} few`] : faults;
  // A section that does not repeat is there for everyone: what is required in it is missed, even where it was left out.
  const missed = item.repeats === true ? [] : inside(item.item ?? [], [], above, world).filter((fault) => fault.endsWith('few'));
  return missed.length > 0 ? missed : least(item) > 0 ? [`${item.linkId} few`] : [];
}

function questionFaults(item: QuestionnaireItem, here: readonly QuestionnaireResponseItem[], above: Spot['above'], world: World): string[] {
  const [one] = here;
  const answers = one?.answer ?? [];
  const faults: string[] = [];
  if (answers.length < least(item)) faults.push(`${item.linkId} few`);
  if (answers.length > most(item)) faults.push(`${item.linkId} many`);
  for (const answer of answers) {
    if (!fits(item, answer)) faults.push(`${item.linkId} value`);
    if (one !== undefined) faults.push(...inside(item.item ?? [], answer.item ?? [], [answer, one, ...above], world));
  }
  return faults;
}

const occurs = (item: QuestionnaireItem, name: string): number | undefined =>
  item.extension?.find(({ url }) => url === `${CORE}questionnaire-${name}`)?.valueInteger;
const least = (item: QuestionnaireItem): number => (item.required === true ? (occurs(item, 'minOccurs') ?? 1) : 0);
const most = (item: QuestionnaireItem): number => (item.repeats === true ? (occurs(item, 'maxOccurs') ?? Number.POSITIVE_INFINITY) : 1);

function fits(item: QuestionnaireItem, { valueInteger, valueCoding }: QuestionnaireResponseItemAnswer): boolean {
  const bound = (name: string): number | undefined => item.extension?.find(({ url }) => url === `${CORE}${name}`)?.valueInteger;
  if (valueInteger !== undefined)
    return valueInteger >= (bound('minValue') ?? Number.NEGATIVE_INFINITY) && valueInteger <= (bound('maxValue') ?? Number.POSITIVE_INFINITY);
  return (item.answerOption ?? []).some((option) => option.valueCoding?.code === valueCoding?.code);
}

function enabled(item: QuestionnaireItem, above: Spot['above'], world: World): boolean {
  const conditions = item.enableWhen ?? [];
  const hold = (condition: QuestionnaireItemEnableWhen): boolean => holds(condition, answersNear(condition.question, above, world));
  const byConditions = conditions.length === 0 || (item.enableBehavior === 'all' ? conditions.every(hold) : conditions.some(hold));
  return byConditions && byExpression(item, world);
}

/** The only expression that the generator makes: `%resource.item.where(linkId='…').answer.value > n`, over the top of the response. */
function byExpression(item: QuestionnaireItem, world: World): boolean {
  const text = item.extension?.find(({ url }) => url === `${SDC}enableWhenExpression`)?.valueExpression?.expression;
  const [, linkId, number] = /linkId='(\w+)'\)\.answer\.value\.first\(\) > (\d+)/.exec(text ?? '') ?? [];
  if (linkId === undefined) return true;
  const asked = world.answers.filter((one) => one.linkId === linkId && isOn(one, world));
  const first = asked.flatMap(({ answer = [] }) => answer)[0]?.valueInteger;
  return first !== undefined && first > Number(number);
}

const isOn = ({ linkId }: QuestionnaireResponseItem, world: World): boolean => {
  const item = world.form.find((one) => one.linkId === linkId);
  return item !== undefined && enabled(item, [], world);
};

function holds(
  { operator, answerInteger, answerCoding, answerBoolean }: QuestionnaireItemEnableWhen,
  answers: readonly QuestionnaireResponseItemAnswer[],
): boolean {
  if (operator === 'exists') return answers.length > 0 === answerBoolean;
  const same = (answer: QuestionnaireResponseItemAnswer): boolean =>
    answerCoding === undefined ? answer.valueInteger === answerInteger : answer.valueCoding?.code === answerCoding.code;
  if (operator === '=') return answers.some(same);
  if (operator === '!=') return !answers.some(same);
  const number = answerInteger ?? Number.NaN;
  return answers.some(({ valueInteger = Number.NaN }) =>
    operator === '>' ? valueInteger > number : operator === '<' ? valueInteger < number : operator === '>=' ? valueInteger >= number : valueInteger <= number,
  );
}

/** The answers to a question in the innermost part of the response around the asker that has it. The generator asks only for questions that stand once in each. */
function answersNear(linkId: string, above: Spot['above'], world: World): readonly QuestionnaireResponseItemAnswer[] {
  for (let at = 0; at <= above.length; at += 1) {
    const around = above[at];
    const found = find(around === undefined ? world.answers : (around.item ?? []), linkId, around === undefined ? [] : above.slice(at));
    if (found !== undefined) return allEnabled(found, world) ? (found.given.answer ?? []) : [];
  }
  return [];
}

function find(items: readonly QuestionnaireResponseItem[], linkId: string, above: Spot['above']): Spot | undefined {
  const all = items.flatMap((given) => spotsIn(given, above));
  return all.find(({ given }) => given.linkId === linkId);
}

/** The item and everything inside it, as it stands in the text. */
function spotsIn(given: QuestionnaireResponseItem, above: Spot['above']): readonly Spot[] {
  const direct = (given.item ?? []).flatMap((one) => spotsIn(one, [given, ...above]));
  const underAnswers = (given.answer ?? []).flatMap((answer) => (answer.item ?? []).flatMap((one) => spotsIn(one, [answer, given, ...above])));
  return [{ given, above }, ...direct, ...underAnswers];
}

/** The question and everything around it. */
function allEnabled({ given, above }: Spot, world: World): boolean {
  const chain = [given, ...above].filter((one): one is QuestionnaireResponseItem => 'linkId' in one);
  return chain.every((one, at) => {
    const item = definitionOf(one.linkId, world.form);
    const outside = above.slice(above.indexOf(one) + 1);
    return item !== undefined && enabled(item, at === 0 ? above : outside, world);
  });
}

function definitionOf(linkId: string, form: readonly QuestionnaireItem[]): QuestionnaireItem | undefined {
  for (const item of form) {
    const found = item.linkId === linkId ? item : definitionOf(linkId, item.item ?? []);
    if (found !== undefined) return found;
  }
  return undefined;
}
