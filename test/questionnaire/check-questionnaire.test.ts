/** Forms that cannot work, each refused with its place, and forms that only look so. */
import { describe, expect, test } from '@jest/globals';
import type { Extension, Observation, Questionnaire, QuestionnaireItem, QuestionnaireItemEnableWhen } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import { checkQuestionnaire } from '../../src/questionnaire/check-questionnaire.ts';
import { NO_TERMS } from '../../src/questionnaire/terms.ts';
import { answerTo, CORE, cqf, faults, form, launchContext, SDC, sdc, variable } from './fixture.ts';

const item = (type: QuestionnaireItem['type'], more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({ linkId: 'x', type, ...more });
const extended = (type: QuestionnaireItem['type'], ...extension: Extension[]): QuestionnaireItem => item(type, { extension });
const when = (condition: Omit<QuestionnaireItemEnableWhen, 'question'>, question = 'x'): QuestionnaireItem => ({
  linkId: 'y',
  type: 'string',
  enableWhen: [{ question, ...condition }],
});
const weighted = (...weights: (number | undefined)[]): QuestionnaireItem =>
  item('choice', {
    answerOption: weights.map((valueDecimal, n) => ({
      valueCoding: { system: 's', code: `c${n}` },
      ...(valueDecimal !== undefined && { extension: [{ url: `${CORE}itemWeight`, valueDecimal }] }),
    })),
  });
const root = (extension: Extension[], ...items: QuestionnaireItem[]): Questionnaire => ({ ...form(...items), extension });
const core = (name: string, value: object): Extension => ({ url: `${CORE}${name}`, ...value });
const partly = (name: string, url: string, valueString: string): Extension => ({ url: `${SDC}${name}`, extension: [{ url, valueString }] });
const extracted = (expression: string, language = 'text/fhirpath'): Extension => ({
  url: `${SDC}definitionExtractValue`,
  extension: [{ url: 'expression', valueExpression: { language, expression } }],
});
const template = (valueString: string): Observation => ({
  resourceType: 'Observation',
  id: 't',
  status: 'final',
  code: { _text: { extension: [{ url: `${SDC}templateExtractValue`, valueString }] } },
});
const templated = (valueString: string, ...extension: Extension[]): Questionnaire => ({
  ...root(extension, item('string')),
  contained: [template(valueString)],
});
const I0 = 'Questionnaire.item[0]';
const I1 = 'Questionnaire.item[1]';

describe('refused', () => {
  test.each<[string, Questionnaire, string]>([
    ['two items with one linkId', form(item('string'), item('string')), `${I1}.linkId`],
    ['a condition on a question that is not there', form(when({ operator: 'exists', answerBoolean: true }, 'z')), `${I0}.enableWhen[0].question`],
    [
      'a condition on a group',
      form(item('group', { item: [{ linkId: 'a', type: 'string' }] }), when({ operator: 'exists', answerBoolean: true })),
      `${I1}.enableWhen[0].question`,
    ],
    ['a condition on an answer of another type', form(item('integer'), when({ operator: '=', answerString: '1' })), `${I1}.enableWhen[0].answer`],
    ['a condition that compares what has no order', form(item('string'), when({ operator: '>', answerString: 'a' })), `${I1}.enableWhen[0].operator`],
    ['a condition on what is no option', form(weighted(1), when({ operator: '=', answerCoding: { system: 's', code: 'z' } })), `${I1}.enableWhen[0].answer`],
    ['conditions in a circle', form(when({ operator: 'exists', answerBoolean: true }, 'y')), `${I0}.enableWhen`],
    ['enableWhenExpressions in a circle', form(extended('string', sdc('enableWhenExpression', `${answerTo('x')}.exists()`))), `${I0}.extension[0]`],
    [
      'calculations in a circle',
      form(extended('integer', sdc('calculatedExpression', `${answerTo('y')} + 1`)), {
        linkId: 'y',
        type: 'integer',
        extension: [sdc('calculatedExpression', `${answerTo('x')} + 1`)],
      }),
      `${I0}.extension[0]`,
    ],
    [
      'a calculation of what it enables',
      form(extended('integer', sdc('calculatedExpression', answerTo('y'))), {
        linkId: 'y',
        type: 'integer',
        enableWhen: [{ question: 'x', operator: '>', answerInteger: 1 }],
      }),
      `${I1}.enableWhen`,
    ],
    ['a circle through a variable', root([variable('v', answerTo('x'))], extended('integer', sdc('calculatedExpression', '%v + 1'))), `${I0}.extension[0]`],
    ['an extracted value that is no FHIRPath', root([extracted('item.(')], item('string')), 'Questionnaire.extension[0]'],
    ['an id of an extraction that is no FHIRPath', form(extended('string', partly('templateExtract', 'fullUrl', "'x"))), `${I0}.extension[0]`],
    ['a template that is no FHIRPath', templated("item.where(linkId = 'x'"), 'Questionnaire.contained[0].code.text.extension[0]'],
    ['an expression that is no FHIRPath', form(extended('string', sdc('initialExpression', 'item.('))), `${I0}.extension[0]`],
    [
      'a constraint that is no FHIRPath',
      root(
        [
          core('questionnaire-constraint', {
            extension: [
              { url: 'key', valueId: 'a' },
              { url: 'expression', valueString: 'a.(' },
            ],
          }),
        ],
        item('string'),
      ),
      'Questionnaire.extension[0]',
    ],
    ['a limit that is no FHIRPath', form(extended('integer', core('maxValue', { _valueInteger: cqf('1 +') }))), `${I0}.extension[0]`],
    ['a text that is no FHIRPath', form({ ...item('string'), text: 'x', _text: cqf('(') }), `${I0}.text`],
    ['a calculation in CQL', form(extended('integer', sdc('calculatedExpression', 'Sum', 'text/cql'))), `${I0}.extension[0]`],
    [
      'a variable without a name',
      root([{ url: `${CORE}variable`, valueExpression: { language: 'text/fhirpath', expression: '1' } }], item('string')),
      'Questionnaire.extension[0]',
    ],
    ['a variable defined twice on one element', root([variable('v', '1'), variable('v', '2')], item('string')), 'Questionnaire.extension[1]'],
    ['a variable with a name that is taken', root([variable('resource', '1')], item('string')), 'Questionnaire.extension[0]'],
    ['a name that nothing has', form(extended('string', sdc('initialExpression', '%patient.name'))), `${I0}.extension[0]`],
    [
      'a variable of another branch',
      form(
        { linkId: 'g', type: 'group', extension: [variable('v', '1')], item: [{ linkId: 'a', type: 'string' }] },
        extended('integer', sdc('calculatedExpression', '%v')),
      ),
      `${I1}.extension[0]`,
    ],
    [
      'a function that needs another server',
      root([launchContext('patient')], extended('string', sdc('initialExpression', '%patient.generalPractitioner.resolve().name'))),
      `${I0}.extension[0]`,
    ],
    ['a pattern that needs backtracking', form(extended('boolean', sdc('calculatedExpression', "'a'.matches('(a)\\\\1')"))), `${I0}.extension[0]`],
    [
      'a query to another server',
      root([variable('v', 'http://example.org/Observation?code=1', 'application/x-fhir-query')], item('string')),
      'Questionnaire.extension[0]',
    ],
    [
      'a query that does not close its expression',
      root([variable('v', 'Observation?code={{%resource.id', 'application/x-fhir-query')], item('string')),
      'Questionnaire.extension[0]',
    ],
    [
      'a query with an expression that is no FHIRPath',
      root([variable('v', 'Observation?code={{(}}', 'application/x-fhir-query')], item('string')),
      'Questionnaire.extension[0]',
    ],
    [
      'a score over answers without weights',
      form(weighted(undefined, undefined), { linkId: 's', type: 'decimal', extension: [sdc('calculatedExpression', `${answerTo('x')}.ordinal().sum()`)] }),
      `${I1}.extension[0]`,
    ],
    [
      'a score over a variable of answers without weights',
      root([variable('a', answerTo('x'))], weighted(undefined), { linkId: 's', type: 'decimal', extension: [sdc('calculatedExpression', '%a.weight()')] }),
      `${I1}.extension[0]`,
    ],
    ['a least value over the most', form(extended('integer', core('minValue', { valueInteger: 5 }), core('maxValue', { valueInteger: 4 }))), I0],
    ['a least length over the most', form(item('string', { maxLength: 2, extension: [core('minLength', { valueInteger: 3 })] })), I0],
    [
      'minOccurs over maxOccurs',
      form(
        item('string', {
          repeats: true,
          required: true,
          extension: [core('questionnaire-minOccurs', { valueInteger: 3 }), core('questionnaire-maxOccurs', { valueInteger: 2 })],
        }),
      ),
      I0,
    ],
    ['minOccurs of what does not repeat', form(item('string', { required: true, extension: [core('questionnaire-minOccurs', { valueInteger: 2 })] })), I0],
    ['a limit of another type', form(extended('integer', core('minValue', { valueDate: '2026-01-01' }))), I0],
    ['a regex that needs backtracking', form(extended('string', core('regex', { valueString: '(?=a)b' }))), I0],
    ['an option of another type', form(item('integer', { answerOption: [{ valueString: 'one' }] })), `${I0}.answerOption[0]`],
    [
      'two options selected for one answer',
      form(item('choice', { answerOption: ['a', 'b'].map((code) => ({ valueCoding: { code }, initialSelected: true })) })),
      `${I0}.answerOption`,
    ],
    ['an initial value of another type', form(item('integer', { initial: [{ valueString: 'one' }] })), `${I0}.initial[0]`],
    ['a value set that is not contained', form(item('choice', { answerValueSet: '#gone' })), `${I0}.answerValueSet`],
    [
      'a switch for what is no option',
      form({
        ...weighted(1),
        extension: [
          {
            url: `${SDC}answerOptionsToggleExpression`,
            extension: [
              { url: 'option', valueCoding: { code: 'z' } },
              { url: 'expression', valueExpression: { language: 'text/fhirpath', expression: 'true' } },
            ],
          },
        ],
      }),
      `${I0}.extension[0]`,
    ],
    [
      'a calculation of a group',
      form(item('group', { item: [{ linkId: 'a', type: 'string' }], extension: [sdc('calculatedExpression', '1')] })),
      `${I0}.extension[0]`,
    ],
    ['a subject that is no reference', form(extended('string', { url: `${SDC}isSubject`, valueBoolean: true })), I0],
  ])('%s', (_, questionnaire, place) => expect(faults(questionnaire)).toContain(`error ${place}`));

  test('CQL by its name, and what is evaluated instead', () => {
    const [issue] = checkQuestionnaire(form(extended('integer', sdc('calculatedExpression', 'Sum', 'text/cql'))), NO_TERMS);
    expect(issue).toMatchObject({
      code: 'not-supported',
      text: 'The calculatedExpression is in text/cql (CQL is not supported); expressions are evaluated here in text/fhirpath and application/x-fhir-query.',
    });
  });
});

test('an extraction knows the ids that are allocated, what it goes through, and the questions', () => {
  const allocated = { url: `${SDC}extractAllocateId`, valueString: 'newId' };
  const named = { url: `${SDC}templateExtractContext`, valueExpression: { language: 'text/fhirpath', expression: "item.where(linkId = 'x')", name: 'one' } };
  const { contained = [], ...rest } = templated('%newId + %one.answer.value + %resource.id', allocated, extracted(`%newId | ${answerTo('x')}`));
  expect(faults({ ...rest, contained: contained.map((template) => ({ ...template, extension: [named] })) })).toEqual([]);
});

describe('doubted', () => {
  test.each<[string, Questionnaire, string]>([
    ['a draft', { ...form(item('string')), status: 'draft' }, 'Questionnaire.status'],
    ['one that is experimental', { ...form(item('string')), experimental: true }, 'Questionnaire.experimental'],
    ['an initial value in CQL: left out', form(extended('string', sdc('initialExpression', 'X', 'text/cql'))), `${I0}.extension[0]`],
    ['a function that there is not', form(extended('integer', sdc('calculatedExpression', "'x'.lenght()"))), `${I0}.extension[0]`],
    ['a function that there is not, in an extraction', templated("'x'.upperCase()"), 'Questionnaire.contained[0].code.text.extension[0]'],
    ['a variable that hides another', root([variable('v', '1')], extended('string', variable('v', '2'))), `${I0}.extension[0]`],
    ['an expression about a question that is not there', form(extended('integer', sdc('calculatedExpression', answerTo('z')))), `${I0}.extension[0]`],
    ['an extracted value in CQL', root([extracted('X', 'text/cql')], item('string')), 'Questionnaire.extension[0]'],
    ['a launch context in an extraction', root([launchContext('patient'), extracted('%patient.id')], item('string')), 'Questionnaire.extension[1]'],
    ['an extracted value of a question that is not there', root([extracted(answerTo('z'))], item('string')), 'Questionnaire.extension[0]'],
    ['a template with a name that nothing has', templated('%nobody'), 'Questionnaire.contained[0].code.text.extension[0]'],
    ['an Observation without a code', form(item('string', { extension: [{ url: `${SDC}observationExtract`, valueBoolean: true }] })), I0],
    ['minOccurs where it does not count', form(item('string', { repeats: true, extension: [core('questionnaire-minOccurs', { valueInteger: 1 })] })), I0],
    [
      'some answers without weights',
      form(weighted(1, undefined), { linkId: 's', type: 'decimal', extension: [sdc('calculatedExpression', `${answerTo('x')}.ordinal()`)] }),
      `${I1}.extension[0]`,
    ],
    ['one option twice', form(item('choice', { answerOption: [{ valueCoding: { code: 'a' } }, { valueCoding: { code: 'a' } }] })), `${I0}.answerOption[1]`],
    [
      'both kinds of condition',
      form(item('integer'), { ...when({ operator: 'exists', answerBoolean: true }), extension: [sdc('enableWhenExpression', `${answerTo('x')} > 1`)] }),
      `${I1}.extension[0]`,
    ],
  ])('%s', (_, questionnaire, place) => expect(faults(questionnaire)).toEqual([`warning ${place}`]));
});

describe('taken', () => {
  test.each<[string, Questionnaire]>([
    [
      'a total inside the group that it adds up',
      form({
        linkId: 'g',
        type: 'group',
        item: [
          { ...weighted(1) },
          { linkId: 's', type: 'decimal', extension: [sdc('calculatedExpression', "%resource.item.where(linkId='g').item.answer.value.ordinal().sum()")] },
        ],
      }),
    ],
    [
      'an expression that looks at the form of its own item',
      form(extended('integer', sdc('calculatedExpression', "%questionnaire.item.where(linkId='x').maxLength"))),
    ],
    [
      'a score beside answers that weigh nothing',
      form(
        item('boolean'),
        { ...weighted(1), linkId: 'w' },
        { linkId: 's', type: 'decimal', extension: [sdc('calculatedExpression', `iif(${answerTo('x')}, ${answerTo('w')}.weight(), 0)`)] },
      ),
    ],
    ['a condition on a number by another kind of number', form(item('decimal'), when({ operator: '>', answerInteger: 3 }))],
    [
      'a condition on words beside options',
      form(item('open-choice', { answerOption: [{ valueCoding: { code: 'a' } }] }), when({ operator: '=', answerString: 'other' })),
    ],
  ])('%s', (_, questionnaire) => expect(faults(questionnaire)).toEqual([]));

  test('a questionnaire that is to be built into another may lack what that one has', () => {
    const child = root(
      [{ url: `${SDC}assemble-expectation`, valueCode: 'assemble-child' }],
      when({ operator: 'exists', answerBoolean: true }, 'elsewhere'),
      extended('integer', sdc('calculatedExpression', '%fromParent')),
    );
    expect(faults(child).every((fault) => fault.startsWith('warning'))).toBe(true);
  });
  test('a variable that it takes from the one it is built into', () => {
    const child = root([{ url: `${SDC}assembleContext`, valueString: 'linkIdPrefix' }], extended('string', sdc('initialExpression', '%linkIdPrefix')));
    expect(faults(child)).toEqual([]);
  });
});

test('a form with thousands of expressions is not parsed', () => {
  const items = Array.from(
    { length: 3001 },
    (_, n): QuestionnaireItem => ({ linkId: `q${n}`, type: 'integer', extension: [sdc('initialExpression', `${n}`)] }),
  );
  expect(faults(form(...items))).toEqual(['error Questionnaire']);
});

test.each(['constructor', '__proto__', 'toString'])('a linkId and a variable may be called %s', (name) => {
  const questionnaire = root([variable(name, '1')], { linkId: name, type: 'integer', extension: [sdc('initialExpression', `%\`${name}\``)] });
  expect(faults(questionnaire)).toEqual([]);
});

describe('definitions that an extraction builds by', () => {
  const registry = loadRegistry();
  const starting = (valueCanonical: string): Extension => ({ url: `${SDC}definitionExtract`, extension: [{ url: 'definition', valueCanonical }] });
  const valued = (valueUri: string): Extension => ({
    url: `${SDC}definitionExtractValue`,
    extension: [
      { url: 'definition', valueUri },
      { url: 'expression', valueExpression: { language: 'text/fhirpath', expression: 'today()' } },
    ],
  });
  const person = `${CORE}RelatedPerson`;
  const told = (questionnaire: Questionnaire): string[] =>
    checkQuestionnaire(questionnaire, NO_TERMS, registry).map(({ severity, expression }) => `${severity} ${expression?.[0]}`);
  test.each<[string, Questionnaire, string[]]>([
    [
      'a type',
      root([starting(person), valued(`${person}#RelatedPerson.birthDate`)], item('string', { definition: `${person}#RelatedPerson.name.family` })),
      [],
    ],
    ['a choice', root([starting(`${CORE}Observation`)], item('string', { definition: `${CORE}Observation#Observation.valueQuantity.unit` })), []],
    ['one that is not stored', root([starting('http://none')], item('string')), ['warning Questionnaire.extension[0]']],
    ['a data type', root([starting(`${CORE}HumanName`)], item('string')), ['warning Questionnaire.extension[0]']],
    ['a value in no element', root([starting(person), valued(`${person}#RelatedPerson.bornAt`)], item('string')), ['warning Questionnaire.extension[1]']],
    [
      'an answer in no element of a data type',
      root([starting(person)], item('string', { definition: `${person}#RelatedPerson.name.last` })),
      [`warning ${I0}.definition`],
    ],
    ['a definition of something else', root([starting(person)], item('string', { definition: 'http://elements#Weight' })), []],
    ['a definition where nothing is extracted', form(item('string', { definition: `${person}#RelatedPerson.nothing` })), []],
  ])('%s', (_, questionnaire, expected) => expect(told(questionnaire)).toEqual(expected));
});
