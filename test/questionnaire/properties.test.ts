/** Random questionnaires and answers: what the engine finds wrong is what a plain reading of the rules finds wrong. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { QuestionnaireItem, QuestionnaireItemEnableWhen, QuestionnaireResponseItem } from 'fhir/r4';
import { answersOf } from '../../src/questionnaire/answers.ts';
import { checkResponse } from '../../src/questionnaire/check.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import { formState } from '../../src/questionnaire/state.ts';
import { faultsByHand } from './brute-force.ts';
import { allStates, answerTo, CORE, form, NOW, response, sdc } from './fixture.ts';

/** Numbers from 0 to 2^32, drawn one after another: the whole example hangs on one seed, which fast-check shrinks. */
type Draw = (below: number) => number;

function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Made {
  readonly items: QuestionnaireItem[];
  /** Questions that later ones may ask about. */
  readonly asked: QuestionnaireItem[];
  count: number;
}

const CODES = ['a', 'b', 'c'];

function makeForm(draw: Draw): QuestionnaireItem[] {
  const made: Made = { items: [], asked: [], count: 0 };
  const size = 2 + draw(5);
  for (let n = 0; n < size; n += 1) made.items.push(makeItem(draw, made, 0));
  return made.items;
}

function makeItem(draw: Draw, made: Made, depth: number): QuestionnaireItem {
  const item: QuestionnaireItem = { ...makeHead(draw, made, depth), ...conditions(draw, made, depth) };
  const extension = [...(item.extension ?? []), ...limits(draw, item)];
  if (extension.length > 0) item.extension = extension;
  if (item.type === 'choice') item.answerOption = CODES.slice(0, 1 + draw(3)).map((code) => ({ valueCoding: { system: 's', code } }));
  const inside = depth < 2 && (item.type === 'group' || draw(4) === 0) ? Array.from({ length: 1 + draw(2) }, () => makeItem(draw, made, depth + 1)) : [];
  if (inside.length > 0) item.item = inside;
  if (item.type !== 'group' && depth === 0) made.asked.push(item);
  return item;
}

const KINDS = ['choice', 'integer', 'integer', 'group'] as const;

function makeHead(draw: Draw, made: Made, depth: number): QuestionnaireItem {
  const linkId = `q${made.count}`;
  made.count += 1;
  const type = KINDS[draw(depth < 2 ? 4 : 2)] ?? 'integer';
  return { linkId, type, ...(draw(2) === 0 && { required: true }), ...(draw(3) === 0 && { repeats: true }) };
}

function limits(draw: Draw, { type, required, repeats }: QuestionnaireItem) {
  const number = (name: string, valueInteger: number) => ({ url: `${CORE}${name}`, valueInteger });
  return [
    ...(type === 'integer' && draw(3) === 0 ? [number('minValue', draw(3)), number('maxValue', 2 + draw(3))] : []),
    ...(repeats === true && required === true && draw(2) === 0 ? [number('questionnaire-minOccurs', 1 + draw(2))] : []),
    ...(repeats === true && draw(2) === 0 ? [number('questionnaire-maxOccurs', 2 + draw(2))] : []),
  ];
}

function conditions(draw: Draw, { asked }: Made, depth: number): Partial<QuestionnaireItem> {
  if (asked.length === 0 || draw(2) === 0) return {};
  const pick = (): QuestionnaireItem => asked[draw(asked.length)] as QuestionnaireItem;
  const one = pick();
  if (depth === 0 && one.type === 'integer' && draw(3) === 0)
    return { extension: [sdc('enableWhenExpression', `${answerTo(one.linkId)}.first() > ${draw(4)}`)] };
  const enableWhen = Array.from({ length: 1 + draw(2) }, (): QuestionnaireItemEnableWhen => conditionOn(pick(), draw));
  return { enableWhen, enableBehavior: draw(2) === 0 ? 'all' : 'any' };
}

function conditionOn({ linkId: question, type }: QuestionnaireItem, draw: Draw): QuestionnaireItemEnableWhen {
  if (draw(4) === 0) return { question, operator: 'exists', answerBoolean: draw(2) === 0 };
  if (type === 'choice') return { question, operator: draw(2) === 0 ? '=' : '!=', answerCoding: { system: 's', code: CODES[draw(3)] ?? 'a' } };
  const operators = ['=', '!=', '>', '<', '>=', '<='] as const;
  return { question, operator: operators[draw(6)] ?? '=', answerInteger: draw(4) };
}

function makeAnswers(draw: Draw, items: readonly QuestionnaireItem[]): QuestionnaireResponseItem[] {
  return items.flatMap((item): QuestionnaireResponseItem[] => {
    if (draw(4) === 0) return [];
    if (item.type === 'group')
      return Array.from({ length: item.repeats === true ? 1 + draw(4) : 1 }, () => withItems({ linkId: item.linkId }, makeAnswers(draw, item.item ?? [])));
    const answers = Array.from({ length: item.repeats === true || draw(6) === 0 ? 1 + draw(4) : 1 }, () =>
      withItems(
        item.type === 'choice' ? { valueCoding: { system: 's', code: CODES[draw(3)] ?? 'a' } } : { valueInteger: draw(6) },
        makeAnswers(draw, item.item ?? []),
      ),
    );
    return [{ linkId: item.linkId, answer: answers }];
  });
}

const withItems = <T extends object>(holder: T, item: QuestionnaireResponseItem[]): T => (item.length > 0 ? { ...holder, item } : holder);

const WHAT: Readonly<Record<string, string>> = { required: 'few', invariant: 'many', value: 'value', 'code-invalid': 'value', 'business-rule': 'disabled' };

/** `q1 few` for each issue that the engine finds: the linkId stands first in each of its sentences. */
function faultsByEngine(items: QuestionnaireItem[], answers: QuestionnaireResponseItem[]): string[] {
  const issues = checkResponse(compilePlan(form(...items)), response(answers), NOW);
  return [
    ...new Set(issues.filter(({ severity }) => severity === 'error').map(({ code, text }) => `${/'(q\d+)'/.exec(text)?.[1]} ${WHAT[code] ?? code}`)),
  ].sort();
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

test('a response is at fault exactly where a plain reading of the rules says so', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(seeds, (seed) => {
      const draw = drawFrom(seed);
      const items = makeForm(draw);
      const answers = makeAnswers(draw, items);
      const expected = faultsByHand(items, answers);
      for (const fault of expected) seen.add(fault.split(' ')[1] ?? '');
      if (expected.length < 50) expect(faultsByEngine(items, answers)).toEqual(expected);
    }),
    { numRuns: 1500 },
  );
  expect([...seen].sort()).toEqual(['disabled', 'few', 'many', 'value']);
});

test('the state of a form, the check and the reading for scores agree on what is enabled', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const draw = drawFrom(seed);
      const items = makeForm(draw);
      const answers = makeAnswers(draw, items);
      const plan = compilePlan(form(...items));
      const state = formState(plan, response(answers), NOW);
      const off = allStates(state.items).filter(({ enabled, answers: given }) => !enabled && given.length > 0);
      const told = checkResponse(plan, response(answers), NOW).filter(({ code }) => code === 'business-rule');
      expect(off.length > 0).toBe(told.length > 0);
      const read = answersOf(plan, response(answers));
      const repeated = new Set(
        allStates(state.items)
          .filter(({ enabled }) => enabled)
          .map(({ item }) => item.linkId),
      );
      for (const { item } of off) if (!repeated.has(item.linkId)) expect(read.given.has(item.linkId)).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('what a form would send is right where nothing is left to be told but what is missing or wrong in it', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const draw = drawFrom(seed);
      const items = makeForm(draw);
      const plan = compilePlan(form(...items));
      const state = formState(plan, response(makeAnswers(draw, items)), NOW);
      const again = checkResponse(plan, { ...state.response, status: 'completed' }, NOW);
      expect(again.filter(({ code }) => code === 'business-rule')).toEqual([]);
      expect(again.some(({ severity }) => severity === 'error')).toBe(
        state.issues.some(({ severity, code }) => severity === 'error' && code !== 'business-rule'),
      );
    }),
    { numRuns: 500 },
  );
});
