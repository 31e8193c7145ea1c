import { describe, expect, test } from '@jest/globals';
import type { Questionnaire, QuestionnaireItem, ValueSet } from 'fhir/r4';
import { FhirError } from '../../src/fhir/outcome.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import { NO_TERMS, type Terms } from '../../src/questionnaire/terms.ts';

const form = (...item: QuestionnaireItem[]): Questionnaire => ({
  resourceType: 'Questionnaire',
  url: 'http://example.org/q',
  version: '1',
  status: 'active',
  item,
});
const when = (question: string): QuestionnaireItem['enableWhen'] => [{ question, operator: 'exists', answerBoolean: true }];
const places = (questionnaire: Questionnaire): unknown => {
  try {
    compilePlan(questionnaire);
  } catch (error) {
    return error instanceof FhirError ? [error.fault, error.issues[0]?.expression?.[0]] : error;
  }
  return 'compiled';
};

describe('compilePlan refuses', () => {
  test('a linkId used twice, at whatever depth', () => {
    const questionnaire = form({ linkId: 'a', type: 'string' }, { linkId: 'g', type: 'group', item: [{ linkId: 'a', type: 'string' }] });
    expect(places(questionnaire)).toEqual(['invalid', 'Questionnaire.item[1].item[0].linkId']);
  });

  test('an item without linkId', () => {
    expect(places(form({ linkId: '', type: 'string' }))).toEqual(['invalid', 'Questionnaire.item[0].linkId']);
  });

  test('a condition on a question that is not there', () => {
    expect(places(form({ linkId: 'a', type: 'string', enableWhen: when('b') }))).toEqual(['invalid', 'Questionnaire.item[0].enableWhen[0].question']);
  });

  test.each([
    ['itself', form({ linkId: 'a', type: 'string', enableWhen: when('a') }), 0],
    ['another that depends on it', form({ linkId: 'a', type: 'string', enableWhen: when('b') }, { linkId: 'b', type: 'string', enableWhen: when('a') }), 0],
    ['a question inside the group', form({ linkId: 'g', type: 'group', enableWhen: when('b'), item: [{ linkId: 'b', type: 'string' }] }), 0],
    [
      'a circle, naming the circle and not what hangs on it',
      form(
        { linkId: 'hanger-on', type: 'string', enableWhen: when('a') },
        { linkId: 'a', type: 'string', enableWhen: when('b') },
        { linkId: 'b', type: 'string', enableWhen: when('a') },
      ),
      1,
    ],
  ])('a condition on %s', (_, questionnaire, at) => {
    expect(places(questionnaire)).toEqual(['invalid', `Questionnaire.item[${at}].enableWhen`]);
  });
});

describe('compilePlan', () => {
  test('knows the names of prototypes as linkIds', () => {
    const plan = compilePlan(form({ linkId: 'constructor', type: 'string' }, { linkId: '__proto__', type: 'string' }));
    expect([...plan.byLinkId.keys()]).toEqual(['constructor', '__proto__']);
    expect(plan.byLinkId.get('toString')).toBeUndefined();
  });

  test('orders each item after what it depends on', () => {
    const plan = compilePlan(
      form({ linkId: 'a', type: 'string', enableWhen: when('c') }, { linkId: 'g', type: 'group', item: [{ linkId: 'c', type: 'string' }] }),
    );
    expect(plan.order.map(({ linkId }) => linkId)).toEqual(['g', 'c', 'a']);
  });

  test('takes a chain of ten thousand conditions', () => {
    const items = Array.from(
      { length: 10_000 },
      (_, index): QuestionnaireItem => ({ linkId: `q${index}`, type: 'string', ...(index > 0 && { enableWhen: when(`q${index - 1}`) }) }),
    );
    expect(compilePlan(form(...items.toReversed())).order).toHaveLength(10_000);
  });

  const weight = (url: string, valueDecimal: number) => ({ url: `http://hl7.org/fhir/StructureDefinition/${url}`, valueDecimal });

  test('reads weights wherever they are written', () => {
    const set: ValueSet = {
      resourceType: 'ValueSet',
      id: 'set',
      status: 'active',
      compose: { include: [{ system: 's', concept: [{ code: 'c', display: 'Sea', extension: [weight('ordinalValue', 3)] }] }] },
    };
    const plan = compilePlan({
      ...form(
        { linkId: 'option', type: 'choice', answerOption: [{ extension: [weight('ordinalValue', 1)], valueCoding: { system: 's', code: 'a' } }] },
        { linkId: 'coding', type: 'choice', answerOption: [{ valueCoding: { extension: [weight('itemWeight', 2)], code: 'b' } }] },
        { linkId: 'contained', type: 'choice', answerValueSet: '#set' },
      ),
      contained: [set],
    });
    const weights = ['option', 'coding', 'contained'].map((linkId) => [...(plan.byLinkId.get(linkId)?.weights ?? [])]);
    expect(weights).toEqual([[['s|a', 1]], [['|b', 2]], [['s|c', 3]]]);
    expect([...(plan.byLinkId.get('contained')?.options ?? [])]).toEqual([['s|c', 's|c "Sea"']]);
  });

  test('asks the terminology for what a value set lists, and leaves to it what cannot be listed', () => {
    const questionnaire = form(
      { linkId: 'a', type: 'choice', answerValueSet: 'http://example.org/known' },
      { linkId: 'b', type: 'choice', answerValueSet: 'http://example.org/other' },
    );
    const terms: Terms = {
      ...NO_TERMS,
      list: (set) => (String(set).endsWith('known') ? [{ system: 's', code: 'x', display: 'Ex', weight: 2 }] : undefined),
    };
    const plan = compilePlan(questionnaire, terms);
    expect(['a', 'b'].map((linkId) => plan.byLinkId.get(linkId)?.valueSet)).toEqual(['http://example.org/known', 'http://example.org/other']);
    expect([...(plan.byLinkId.get('a')?.weights ?? [])]).toEqual([['s|x', 2]]);
    expect(plan.byLinkId.get('b')?.weights.size).toBe(0);
  });
});
