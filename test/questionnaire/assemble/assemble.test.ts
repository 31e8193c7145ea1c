import { describe, expect, test } from '@jest/globals';
import type { Extension, Questionnaire, QuestionnaireItem, StructureDefinition } from 'fhir/r4';
import { FhirError, type Issue } from '../../../src/fhir/outcome.ts';
import { type Assembled, assemble } from '../../../src/questionnaire/assemble/assemble.ts';
import { neededBy } from '../../../src/questionnaire/assemble/parts.ts';
import { compilePlan } from '../../../src/questionnaire/compile.ts';
import type { Definitions } from '../../../src/questionnaire/extract/elements.ts';
import { ext, on, parts, questionnaire, registry } from '../extract/fixture.ts';

const URL = 'http://example.org/Questionnaire/';
const expectation = (valueCode: string): Extension => ext('assemble-expectation', { valueCode });
const variable = (name: string, expression: string): Extension => ({
  url: 'http://hl7.org/fhir/StructureDefinition/variable',
  valueExpression: { name, language: 'text/fhirpath', expression },
});
const launch = (code: string, type = 'Patient'): Extension =>
  parts('launchContext', [
    { url: 'name', valueCoding: { code } },
    { url: 'type', valueCode: type },
  ]);
const sub = (name: string, linkId = `sub-${name}`): QuestionnaireItem => ({
  linkId,
  type: 'display',
  text: 'missing',
  extension: [ext('subQuestionnaire', { valueCanonical: `${URL}${name}|1` })],
});
const question = (linkId: string, more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({ linkId, type: 'string', text: linkId, ...more });
const group = (linkId: string, item: QuestionnaireItem[], ...extension: Extension[]): QuestionnaireItem => ({
  linkId,
  type: 'group',
  item,
  ...(extension.length > 0 && { extension }),
});
const part = (name: string, item: QuestionnaireItem[], more: Partial<Questionnaire> = {}): Questionnaire =>
  questionnaire(item, { url: `${URL}${name}`, version: '1', ...more, extension: [expectation('assemble-child'), ...(more.extension ?? [])] });
const root = (item: QuestionnaireItem[], more: Partial<Questionnaire> = {}): Questionnaire =>
  questionnaire(item, { url: `${URL}root`, version: '3', ...more, extension: [expectation('assemble-root'), ...(more.extension ?? [])] });

function run(form: Questionnaire, others: Questionnaire[] = [], definitions: Definitions = registry): Assembled {
  const questionnaires = new Map(others.flatMap((one) => [[`${one.url}|${one.version}`, one] as const, [one.url ?? '', one] as const]));
  return assemble(form, { questionnaires, definitions });
}

function refusal(form: Questionnaire, others: Questionnaire[] = [], definitions?: Definitions): readonly Issue[] {
  try {
    run(form, others, definitions);
  } catch (error) {
    if (error instanceof FhirError) return error.issues.filter(({ severity }) => severity === 'error');
    throw error;
  }
  throw new Error('nothing was refused');
}

const linkIds = (items: readonly QuestionnaireItem[] = []): string[] => items.flatMap(({ linkId, item }) => [linkId, ...linkIds(item)]);

describe('sub-questionnaires', () => {
  test('their items take the place of the display, in order', () => {
    const { questionnaire: whole } = run(root([question('a'), sub('x'), question('z')]), [part('x', [question('b'), group('c', [question('d')])])]);
    expect(linkIds(whole.item)).toEqual(['a', 'b', 'c', 'd', 'z']);
  });

  test('url and version stay; what it was assembled from is named; assemble-root goes', () => {
    const { questionnaire: whole } = run(root([sub('x')]), [part('x', [question('b')])]);
    expect([whole.url, whole.version]).toEqual([`${URL}root`, '3']);
    expect(whole.extension).toEqual([ext('assembledFrom', { valueCanonical: `${URL}x|1` })]);
  });

  test.each([
    ['assemble-root-or-child', 'independent-root-or-child'],
    ['assemble-child', 'independent-child'],
  ])('%s becomes %s', (before, after) => {
    const form = questionnaire([], { extension: [expectation(before)] });
    expect(run(form).questionnaire.extension).toEqual([expectation(after)]);
  });

  test('parts of parts, each named', () => {
    const { questionnaire: whole } = run(root([sub('x')]), [part('x', [question('b'), sub('y')]), part('y', [question('c')])]);
    expect(linkIds(whole.item)).toEqual(['b', 'c']);
    expect(whole.extension?.map(({ valueCanonical }) => valueCanonical)).toEqual([`${URL}x|1`, `${URL}y|1`]);
  });

  test('what is needed is known beforehand', () => {
    expect(neededBy(root([sub('x'), { ...question('a'), definition: 'http://lib#q' }]))).toEqual([`${URL}x|1`, 'http://lib']);
  });

  test('the result compiles', () => {
    const { questionnaire: whole } = run(root([sub('x')]), [
      part('x', [question('b'), question('c', { enableWhen: [{ question: 'b', operator: 'exists', answerBoolean: true }] })]),
    ]);
    expect(() => compilePlan(whole)).not.toThrow();
  });
});

describe('linkIdPrefix', () => {
  const named = part(
    'name',
    [
      question('1', { answerValueSet: '#titles' }),
      question('2', {
        enableWhen: [{ question: '1', operator: 'exists', answerBoolean: true }],
        extension: [
          ext('enableWhenExpression', {
            valueExpression: { language: 'text/fhirpath', expression: "%resource.item.where(linkId='1').answer.exists() and linkId='other'" },
          }),
          ext('calculatedExpression', { valueExpression: { language: 'text/fhirpath', expression: "%resource.item.where(linkId=%linkIdPrefix + '1')" } }),
        ],
      }),
    ],
    { contained: [{ resourceType: 'ValueSet', id: 'titles' } as never] },
  );
  const form = root([group('g', [sub('name', 's1')], variable('linkIdPrefix', "'p.'")), group('h', [sub('name', 's2')], variable('linkIdPrefix', "'q.'"))]);

  test('goes before linkIds, enableWhen, contained ids and linkIds in expressions', () => {
    const { questionnaire: whole } = run(form, [named]);
    expect(linkIds(whole.item)).toEqual(['g', 'p.1', 'p.2', 'h', 'q.1', 'q.2']);
    const second = whole.item?.[0]?.item?.[1];
    expect(second?.enableWhen?.[0]?.question).toBe('p.1');
    expect(second?.extension?.map(({ valueExpression }) => valueExpression?.expression)).toEqual([
      "%resource.item.where(linkId='p.1').answer.exists() and linkId='other'",
      "%resource.item.where(linkId=%linkIdPrefix + '1')",
    ]);
    expect(whole.contained?.map(({ id }) => id)).toEqual(['p.titles', 'q.titles']);
    expect(whole.item?.[1]?.item?.[0]?.answerValueSet).toBe('#q.titles');
  });

  test('builds on the one around it', () => {
    const contact = part('contact', [group('c', [sub('name')], variable('linkIdPrefix', "%linkIdPrefix + 'name.'"))], {
      extension: [ext('assembleContext', { valueString: 'linkIdPrefix' })],
    });
    const { questionnaire: whole } = run(root([group('g', [sub('contact')], variable('linkIdPrefix', "'k.'"))]), [contact, named]);
    expect(linkIds(whole.item)).toEqual(['g', 'k.c', 'k.name.1', 'k.name.2']);
  });

  test('without it twins are refused', () => {
    const errors = refusal(root([group('g', [sub('name', 's1')]), group('h', [sub('name', 's2')])]), [named]);
    expect(errors.map(({ text }) => text)).toEqual([expect.stringContaining("'1' comes 2 times"), expect.stringContaining("'2' comes 2 times")]);
  });
});

describe('what a part brings along', () => {
  const whole = (partExtension: Extension[], rootExtension: Extension[] = [], groupExtension: Extension[] = []) =>
    run(root([group('g', [sub('x')], ...groupExtension)], { extension: rootExtension }), [part('x', [question('b')], { extension: partExtension })]);
  const urlsAtRoot = ({ questionnaire: { extension = [] } }: Assembled) => extension.map(({ url }) => url.split('/').at(-1));

  test('to the root: launch contexts and libraries once, observation settings', () => {
    const library = { url: 'http://hl7.org/fhir/StructureDefinition/cqf-library', valueCanonical: 'http://lib' };
    const period = ext('observationLinkPeriod', { valueDuration: { value: 1, code: 'a' } });
    expect(urlsAtRoot(whole([launch('patient'), library, on, period], [launch('patient'), library]))).toEqual([
      'sdc-questionnaire-launchContext',
      'cqf-library',
      'sdc-questionnaire-observationExtract',
      'sdc-questionnaire-observationLinkPeriod',
      'sdc-questionnaire-assembledFrom',
    ]);
  });

  test('a launch context that says otherwise is told, and that of the root counts', () => {
    const { issues, questionnaire: assembled } = whole([launch('user', 'Practitioner')], [launch('user', 'Patient')]);
    expect(issues.some(({ text }) => text.includes("launchContext 'user'"))).toBe(true);
    expect(JSON.stringify(assembled)).not.toContain('Practitioner');
  });

  test('to the place of the display: variables, constraints, contexts, what is extracted', () => {
    const constraint = { url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-constraint', extension: [{ url: 'key', valueId: 'k' }] };
    const context = ext('itemPopulationContext', { valueExpression: { name: 'c', language: 'text/fhirpath', expression: '1' } });
    const extract = ext('definitionExtract', { extension: [{ url: 'definition', valueCanonical: 'http://x' }] });
    const assembled = whole([constraint, variable('v', '1'), context, extract]).questionnaire.item?.[0]?.extension;
    expect(assembled).toEqual([constraint, variable('v', '1'), extract, context]);
  });

  test('what is at the root of the questionnaire goes to the root', () => {
    const { questionnaire: assembled } = run(root([sub('x')]), [part('x', [question('b')], { extension: [variable('v', '1')] })]);
    expect(assembled.extension?.some(({ valueExpression }) => valueExpression?.name === 'v')).toBe(true);
  });

  test('everything else stays behind', () => {
    expect(JSON.stringify(whole([{ url: 'http://other', valueBoolean: true }]).questionnaire)).not.toContain('http://other');
  });

  test.each<[string, Extension[], Extension[], string]>([
    ['a variable twice', [variable('v', '1')], [variable('v', '2')], "defines the variable 'v'"],
    [
      'a second itemPopulationContext',
      [ext('itemPopulationContext', { valueExpression: { language: 'text/fhirpath', expression: '1' } })],
      [ext('itemPopulationContext', { valueExpression: { language: 'text/fhirpath', expression: '2' } })],
      'second itemPopulationContext',
    ],
    [
      'a second itemExtractionContext',
      [ext('itemExtractionContext', { valueCode: 'Patient' })],
      [ext('itemExtractionContext', { valueCode: 'Patient' }), ext('itemExtractionContext', { valueCode: 'Group' })],
      'second itemExtractionContext',
    ],
    ['a templateExtractBundle', [ext('templateExtractBundle', { valueReference: { reference: '#b' } })], [], 'templateExtractBundle'],
  ])('%s is refused', (_, partExtension, groupExtension, text) => {
    const form = root([group('g', [sub('x')], ...groupExtension)]);
    expect(refusal(form, [part('x', [question('b')], { extension: partExtension })])[0]?.text).toContain(text);
  });

  test('contained resources once; another one of the same name is renamed, with what refers to it', () => {
    const set = (id: string, title: string) => ({ resourceType: 'ValueSet', id, title }) as never;
    const form = root([question('a', { answerValueSet: '#v' }), sub('x'), sub('y')], { contained: [set('v', 'one')] });
    const { questionnaire: assembled, issues } = run(form, [
      part('x', [question('b', { answerValueSet: '#v' })], { contained: [set('v', 'two')] }),
      part('y', [question('c', { answerValueSet: '#v' })], { contained: [set('v', 'one')] }),
    ]);
    expect(assembled.contained?.map(({ id }) => id)).toEqual(['v', 'v-2']);
    expect(assembled.item?.map(({ answerValueSet }) => answerValueSet)).toEqual(['#v', '#v-2', '#v']);
    expect(issues.some(({ text }) => text.includes("called 'v-2'"))).toBe(true);
  });
});

describe('what a part may be', () => {
  test('a missing one is named, with its place', () => {
    expect(refusal(root([group('g', [sub('x')])]))).toEqual([
      { severity: 'error', code: 'not-found', text: expect.stringContaining(`${URL}x|1`), expression: ['Questionnaire.item[0].item[0]'] },
    ]);
  });

  test('a circle is named in full', () => {
    const errors = refusal(root([sub('x')]), [part('x', [sub('y')]), part('y', [sub('x')])]);
    expect(errors[0]?.text).toContain(`${URL}root|3 → ${URL}x|1 → ${URL}y|1 → ${URL}x|1`);
  });

  test('a root is no part', () => {
    expect(refusal(root([sub('x')]), [{ ...part('x', []), extension: [expectation('assemble-root')] }])[0]?.text).toContain(
      'its assemble-expectation is assemble-root',
    );
  });

  test('one that does not say so is told', () => {
    const { issues } = run(root([sub('x')]), [{ ...part('x', [question('b')]), extension: [] }]);
    expect(issues[0]?.text).toContain('assemble-expectation');
  });

  test('another language, implicitRules and modifierExtension are refused', () => {
    const form = root([sub('x')], { language: 'en' });
    expect(refusal(form, [part('x', [], { language: 'nb' })])[0]?.text).toContain('one language');
    expect(refusal(form, [part('x', [], { implicitRules: 'http://r' })])[0]?.text).toContain('implicitRules');
    expect(refusal(form, [part('x', [], { modifierExtension: [{ url: 'http://m' }] })])[0]?.text).toContain('modifierExtension');
  });

  test('a variable that it needs must be there: variable, launch context or population context', () => {
    const needy = part('x', [question('b')], { extension: [ext('assembleContext', { valueString: 'person' })] });
    expect(refusal(root([sub('x')]), [needy])[0]?.text).toContain("needs the variable 'person'");
    const context = ext('itemPopulationContext', { valueExpression: { name: 'person', language: 'text/fhirpath', expression: '1' } });
    for (const form of [
      root([sub('x')], { extension: [variable('person', '1')] }),
      root([sub('x')], { extension: [launch('person')] }),
      root([group('g', [sub('x')], context)]),
    ])
      expect(() => run(form, [needy])).not.toThrow();
  });

  test('parts that take in parts many times over end early', () => {
    const names = Array.from({ length: 15 }, (_, at) => `n${at}`);
    const others = names.map((name, at) =>
      part(name, at + 1 < names.length ? [1, 2, 3].map((copy) => sub(names[at + 1] ?? '', `s${at}-${copy}`)) : [question('leaf')]),
    );
    expect(() => run(root([sub('n0')]), others)).toThrow('more than 10000 items');
  });

  test('all faults are told at once', () => expect(refusal(root([sub('x'), sub('y')]))).toHaveLength(2));
});

describe('definitions', () => {
  const MODEL = 'http://example.org/StructureDefinition/Library';
  const element = (id: string, more: object) => ({ id, path: id, min: 0, max: '1', ...more });
  const model = {
    resourceType: 'StructureDefinition',
    url: MODEL,
    name: 'L',
    status: 'active',
    kind: 'logical',
    abstract: false,
    type: 'Library',
    snapshot: {
      element: [
        element('Library', {}),
        element('Library.dob', {
          short: 'Date of birth',
          label: 'When were you born?',
          min: 1,
          type: [{ code: 'date' }],
          minValueDate: '1900-01-01',
          code: [{ code: 'dob' }],
        }),
        element('Library.sex', { short: 'Sex', type: [{ code: 'CodeableConcept' }], binding: { strength: 'required', valueSet: 'http://vs' } }),
        element('Library.visit', { short: 'Visit', type: [{ code: 'BackboneElement' }] }),
        element('Library.visit.date', { short: 'Date', min: 1, type: [{ code: 'dateTime' }] }),
        element('Library.visit.kind', { short: 'Kind', type: [{ code: 'code' }], fixedCode: 'x' }),
        element('Library.visit.gone', { short: 'Gone', max: '0', type: [{ code: 'string' }] }),
        element('Library.visit.note', { short: 'Note', max: '*', type: [{ code: 'string' }], maxLength: 100 }),
        element('Library.home', { short: 'Home', type: [{ code: 'Period' }] }),
      ],
    },
  } as unknown as StructureDefinition;
  const definitions: Definitions = {
    structure: registry.structure,
    resource: ((_: string, canonical: string) => (canonical === MODEL ? model : undefined)) as Definitions['resource'],
  };
  const defined = (linkId: string, path: string, more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({
    linkId,
    type: 'string',
    definition: `${MODEL}#Library.${path}`,
    ...more,
  });
  const first = (item: QuestionnaireItem, more: Partial<Questionnaire> = {}) => run(root([item], more), [], definitions);

  test('give text, type, whether it is required, limits and codes', () => {
    const { questionnaire: assembled } = first({ ...defined('2', 'dob'), type: 'date' });
    expect(assembled.item?.[0]).toEqual({
      linkId: '2',
      type: 'date',
      definition: `${MODEL}#Library.dob`,
      text: 'When were you born?',
      code: [{ code: 'dob' }],
      required: true,
      extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/minValue', valueDate: '1900-01-01' }],
    });
  });

  test('a binding becomes the options', () => {
    expect(first({ ...defined('3', 'sex'), type: 'choice' }).questionnaire.item?.[0]).toMatchObject({ text: 'Sex', answerValueSet: 'http://vs' });
  });

  test('what the item says itself counts; the difference is told', () => {
    const { questionnaire: assembled, issues } = first({ ...defined('2', 'dob'), type: 'date', text: 'Born' });
    expect(assembled.item?.[0]?.text).toBe('Born');
    expect(issues[0]?.text).toContain('another text than its definition');
  });

  test('a group without questions gets one for each element below, but for fixed and forbidden ones', () => {
    const { questionnaire: assembled } = first({ ...defined('v', 'visit'), type: 'group' });
    expect(assembled.item?.[0]?.item).toEqual([
      { linkId: 'v.date', text: 'Date', type: 'dateTime', required: true },
      { linkId: 'v.note', text: 'Note', type: 'string', repeats: true, maxLength: 100 },
    ]);
  });

  test('also for those of a data type', () => {
    const form = root([{ linkId: 'n', type: 'group', definition: 'http://hl7.org/fhir/StructureDefinition/Patient#Patient.contact' }]);
    const base = registry.resource('StructureDefinition', 'http://hl7.org/fhir/StructureDefinition/Patient');
    const found = run(form).questionnaire.item?.[0]?.item ?? [];
    expect(base).toBeDefined();
    expect(found.map(({ linkId }) => linkId)).toEqual(expect.arrayContaining(['n.name', 'n.gender', 'n.period']));
    expect(linkIds(found)).toContain('n.name.family');
    expect(new Set(linkIds(found)).size).toBe(linkIds(found).length);
  });

  test('assembleDefinitionRoot: false takes nothing, a URI only what begins with it', () => {
    const limited = (value: Omit<Extension, 'url'>) =>
      first({ ...defined('2', 'dob'), type: 'date', text: 'x', extension: [ext('assembleDefinitionRoot', value)] }).questionnaire.item?.[0]?.required;
    expect([limited({ valueBoolean: false }), limited({ valueUri: 'http://elsewhere' }), limited({ valueUri: MODEL })]).toEqual([undefined, undefined, true]);
  });

  test('an element that is not there is refused', () => {
    expect(refusal(root([defined('2', 'nowhere')]), [], definitions)[0]?.text).toContain("no element 'Library.nowhere'");
  });

  test('an unknown definition is told, or refused where the item says too little without it', () => {
    const unknown = { definition: 'http://unknown#X.y' };
    expect(run(root([question('a', unknown)])).issues[0]?.text).toContain('is not known here');
    expect(refusal(root([{ linkId: 'a', type: 'string', ...unknown }]))[0]?.text).toContain('does not say enough');
    expect(refusal(root([question('a', { type: 'choice', ...unknown })]))[0]?.text).toContain('does not say enough');
  });
});

describe('libraries of questions', () => {
  const library = questionnaire(
    [group('all', [question('age', { type: 'integer', required: true, answerValueSet: '#v' }), group('home', [question('street')])])],
    {
      url: 'http://example.org/Questionnaire/library',
      contained: [{ resourceType: 'ValueSet', id: 'v' } as never],
    },
  );
  const use = (linkId: string, id: string): QuestionnaireItem => ({ linkId, type: 'group', definition: `http://example.org/Questionnaire/library#${id}` });

  test('an item is taken over with what is below it, and its value sets', () => {
    const { questionnaire: assembled } = run(root([{ ...use('1', 'age'), type: 'integer' }, use('2', 'home')]), [library]);
    expect(assembled.item?.[0]).toMatchObject({ linkId: '1', text: 'age', required: true });
    expect(assembled.item?.[1]).toMatchObject({ linkId: '2', item: [{ linkId: 'street' }] });
    expect(assembled.contained).toHaveLength(1);
  });

  test('one that is not there is refused', () => expect(refusal(root([use('1', 'gone')]), [library])[0]?.text).toContain("has no item 'gone'"));
});
