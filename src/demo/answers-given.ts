/** What the people of the story answer, in plain values by linkId; what they do not mention is the calm answer. */
import type { Values } from './answers.ts';

const RED_FLAGS = [
  'fever',
  'leg-weakness',
  'bladder-bowel-change',
  'band-like-back-pain',
  'sudden-breathlessness',
  'chest-pain',
  'bleeding',
  'confusion',
  'cannot-keep-fluids-down',
  'hard-to-wake',
];
const SYMPTOMS = ['pain', 'fatigue', 'nausea', 'appetite-loss', 'breathlessness', 'sleep-trouble', 'distress', 'constipation', 'diarrhoea'];
/** From here on the weekly check asks whether it can wait. */
const ASKS_WHETHER_IT_CAN_WAIT = 4;

const every = (linkIds: readonly string[], value: number | boolean): Values => Object.fromEntries(linkIds.map((linkId) => [linkId, value]));

/** The weekly cancer check. Follow-up questions are answered where the form asks them. */
export function weekly(given: Values = {}): Values {
  const symptoms: Values = { ...every(SYMPTOMS, 1), pain: 0, diarrhoea: 0, ...given };
  const asksFunction = Number(symptoms.pain) >= 1 ? { 'pain-function': Math.max(0, Number(symptoms.pain) - 1) } : {};
  const asksToWait = SYMPTOMS.some((linkId) => Number(symptoms[linkId]) >= ASKS_WHETHER_IT_CAN_WAIT) ? { 'cannot-wait': false } : {};
  const takesMedicine = given['pain-medicine'] === true ? { drowsiness: 2, 'extra-doses': 1 } : {};
  return { ...every(RED_FLAGS, false), ...asksFunction, ...asksToWait, 'pain-medicine': false, ...takesMedicine, ...symptoms };
}

/** The last is item 9: thoughts of being better off dead, or of hurting oneself. */
const PHQ_ITEMS = ['44250-9', '44255-8', '44259-0', '44254-1', '44251-7', '44258-2', '44252-5', '44253-3', '44260-8'];

/** PHQ-9: the nine weights in the form's order. */
export const phq9 = (...weights: readonly number[]): Values => Object.fromEntries(PHQ_ITEMS.map((linkId, index) => [linkId, weights[index] ?? 0]));

/** One entry of the pain diary, pain medicine taken. */
export const diary = (given: Values): Values => ({
  confusion: false,
  'hard-to-wake': false,
  'pain-medicine': true,
  relief: 5,
  'extra-doses': 1,
  constipation: 2,
  drowsiness: 2,
  nausea: 1,
  'pain-place': 'Lower back',
  ...given,
});

/** The osteoporosis check. */
export const boneCheck = (given: Values = {}): Values => ({
  fall: 0,
  'suspected-fracture': false,
  'sudden-back-pain': false,
  'thigh-groin-pain': false,
  'jaw-trouble': false,
  'back-pain': 2,
  mobility: 2,
  'fear-of-falling': 2,
  'sleep-trouble': 1,
  'weight-change': 0,
  'height-loss': 0,
  'medicine-side-effects': 0,
  denosumab: false,
  ...given,
});

/** Of somebody who gets denosumab. */
export const boneCheckOnDenosumab = (isOverdue: boolean): Values => boneCheck({ denosumab: true, 'denosumab-overdue': isOverdue });
