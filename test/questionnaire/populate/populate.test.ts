import { describe, expect, test } from '@jest/globals';
import type { Extension, Observation, Questionnaire, QuestionnaireItem, QuestionnaireResponseItem } from 'fhir/r4';
import { checkResponse } from '../../../src/questionnaire/check.ts';
import { compilePlan } from '../../../src/questionnaire/compile.ts';
import { type Populated, populate } from '../../../src/questionnaire/populate/populate.ts';
import { NO_TERMS, type Terms } from '../../../src/questionnaire/terms.ts';
import { ext, loinc, parts, questionnaire } from '../extract/fixture.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const PATIENT = {
  resourceType: 'Patient',
  id: 'p',
  birthDate: '1970-05-06',
  gender: 'female',
  name: [{ family: 'Hansen', given: ['Kari', 'Anne'] }, { family: 'Olsen' }],
  active: true,
};

const launch = (name: string, ...types: string[]): Extension =>
  parts('launchContext', [{ url: 'name', valueCoding: { code: name } }, ...types.map((valueCode) => ({ url: 'type', valueCode }))]);
const expression = (kind: string, text: string, more: { name?: string; language?: string } = {}): Extension =>
  ext(kind, { valueExpression: { language: 'text/fhirpath', expression: text, ...more } });
const initial = (text: string): Extension => expression('initialExpression', text);
const variable = (name: string, text: string, language = 'text/fhirpath'): Extension => ({
  url: 'http://hl7.org/fhir/StructureDefinition/variable',
  valueExpression: { name, language, expression: text },
});
const question = (linkId: string, type: QuestionnaireItem['type'], more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({
  linkId,
  type,
  text: linkId,
  ...more,
});
const unit = (code: string): Extension => ({
  url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-unit',
  valueCoding: { system: 'http://unitsofmeasure.org', code },
});
const bundle = (...resources: object[]) => ({ resourceType: 'Bundle', type: 'searchset', entry: resources.map((resource) => ({ resource })) });

interface Given {
  readonly launch?: Readonly<Record<string, object>>;
  readonly answers?: (query: string) => object | undefined;
  readonly variables?: Readonly<Record<string, object>>;
  readonly data?: readonly Observation[];
}

const terms = {
  ...NO_TERMS,
  convert: (value: number, from: string, to: string) => (from === 'g' && to === 'kg' ? value / 1000 : from === to ? value : undefined),
};

function run(form: Questionnaire, given: Given = {}, known: Terms = terms): Populated {
  const plan = compilePlan(form, known);
  const found = (query: string): readonly unknown[] | undefined => {
    const answer = given.answers?.(query);
    return answer === undefined ? undefined : [answer];
  };
  const contexts = Object.entries(given.launch ?? { patient: PATIENT }).map(([name, resource]) => [name, [resource]] as const);
  const populated = populate(plan, {
    world: { launch: new Map(contexts), answers: found, now: NOW },
    subject: { reference: 'Patient/p' },
    variables: new Map(Object.entries(given.variables ?? {}).map(([name, value]) => [name, [value]])),
    data: given.data ?? [],
    observes: true,
  });
  const errors = checkResponse(plan, populated.response).filter(({ severity }) => severity === 'error');
  expect(errors).toEqual([]);
  return populated;
}

/** The answers by linkId, in order; nested ones too. */
function answersOf(items: readonly QuestionnaireResponseItem[] = []): Record<string, unknown[]> {
  const found: Record<string, unknown[]> = {};
  const visit = (list: readonly QuestionnaireResponseItem[]): void => {
    for (const { linkId, answer = [], item = [] } of list) {
      for (const { item: below = [], ...value } of answer) {
        found[linkId] = [...(found[linkId] ?? []), Object.values(value)[0]];
        visit(below);
      }
      visit(item);
    }
  };
  visit(items);
  return found;
}

const answers = (form: Questionnaire, given?: Given, known?: Terms) => answersOf(run(form, given, known).response.item);
const PATIENT_CONTEXT = { extension: [launch('patient', 'Patient')] };

describe('the response', () => {
  test('is a draft of that version, for that subject, from now', () => {
    expect(run(questionnaire([], { version: '2' })).response).toEqual({
      resourceType: 'QuestionnaireResponse',
      questionnaire: 'http://example.org/Questionnaire/q|2',
      status: 'in-progress',
      subject: { reference: 'Patient/p' },
      authored: NOW.toISOString(),
    });
  });

  test('contains a questionnaire that has no url', () => {
    const { url: _, ...nameless } = questionnaire([question('a', 'string')]);
    expect(run(nameless).response).toMatchObject({ questionnaire: '#q', contained: [{ resourceType: 'Questionnaire', id: 'q' }] });
  });

  test('has every question and group, no displays', () => {
    const form = questionnaire([question('d', 'display'), question('g', 'group', { item: [question('a', 'string')] })]);
    expect(run(form).response.item).toEqual([{ linkId: 'g', text: 'g', item: [{ linkId: 'a', text: 'a' }] }]);
  });
});

describe('initialExpression', () => {
  test.each<[QuestionnaireItem['type'], string, unknown]>([
    ['string', '%patient.name.first().family', 'Hansen'],
    ['text', "%patient.name.first().given.join(' ')", 'Kari Anne'],
    ['date', '%patient.birthDate', '1970-05-06'],
    ['boolean', '%patient.active', true],
    ['boolean', '%patient.active.not()', false],
    ['integer', '%patient.name.count()', 2],
    ['decimal', '1.5 + 1', 2.5],
    ['url', "'http://x'", 'http://x'],
    ['reference', '%patient', { reference: 'Patient/p' }],
    ['dateTime', '%resource.authored', NOW.toISOString()],
    ['time', '@T10:30:00', '10:30:00'],
    ['quantity', "4 'kg'", { value: 4, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' }],
  ])('%s from %s', (type, text, expected) => {
    expect(answers(questionnaire([question('a', type, { extension: [initial(text)] })], PATIENT_CONTEXT))).toEqual({ a: [expected] });
  });

  test('a boolean that is empty is not answered, never false', () => {
    expect(answers(questionnaire([question('a', 'boolean', { extension: [initial('%patient.deceased')] })], PATIENT_CONTEXT))).toEqual({});
  });

  test('a code becomes the option that has it, with its words', () => {
    const gender = question('a', 'choice', {
      extension: [initial('%patient.gender')],
      answerOption: [{ valueCoding: { system: 's', code: 'female', display: 'Woman' } }],
    });
    expect(answers(questionnaire([gender], PATIENT_CONTEXT))).toEqual({ a: [{ system: 's', code: 'female', display: 'Woman' }] });
  });

  test('a code becomes the code of the value set that has it, as a calculated one does', () => {
    const sex = { answerValueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender' };
    const form = questionnaire(
      [
        question('a', 'choice', { ...sex, extension: [initial('%patient.gender')] }),
        question('b', 'choice', { ...sex, extension: [expression('calculatedExpression', "%resource.item.where(linkId='a').answer.value.code")] }),
      ],
      PATIENT_CONTEXT,
    );
    const female = { system: 'http://hl7.org/fhir/administrative-gender', code: 'female', display: 'Female' };
    expect(answers(form, {}, { ...terms, list: () => [{ ...female, weight: undefined }], has: () => true })).toEqual({ a: [female], b: [female] });
  });

  test('what is none of the options is left out, and told', () => {
    const choice = question('a', 'choice', { extension: [initial("%factory.Coding('s', 'z')")], answerOption: [{ valueCoding: { system: 's', code: 'y' } }] });
    const { issues, response } = run(questionnaire([choice], PATIENT_CONTEXT));
    expect(answersOf(response.item)).toEqual({});
    expect(issues[0]).toMatchObject({ severity: 'warning', text: expect.stringContaining('none of its options'), expression: ['Questionnaire.item[0]'] });
  });

  test('all values of a repeating question; of one that does not repeat none, and told', () => {
    const given = (repeats: boolean) => questionnaire([question('a', 'string', { repeats, extension: [initial('%patient.name.given')] })], PATIENT_CONTEXT);
    expect(answers(given(true))).toEqual({ a: ['Kari', 'Anne'] });
    const { issues, response } = run(given(false));
    expect(answersOf(response.item)).toEqual({});
    expect(issues[0]?.text).toContain('gives 2 values, but the question takes 1');
  });

  test('a value of another type is left out, and told', () => {
    const { issues } = run(questionnaire([question('a', 'date', { extension: [initial("'soon'")] })], PATIENT_CONTEXT));
    expect(issues[0]?.text).toContain('no answer to a question of type date');
  });

  test('one that fails is told; the others are filled in', () => {
    const form = questionnaire(
      [question('a', 'string', { extension: [initial('%patient.name.given.single()')] }), question('b', 'string', { extension: [initial("'b'")] })],
      PATIENT_CONTEXT,
    );
    const { issues, response } = run(form);
    expect(answersOf(response.item)).toEqual({ b: ['b'] });
    expect(issues[0]).toMatchObject({ code: 'processing', expression: ['Questionnaire.item[0].extension[0]'] });
  });

  test('sees what was filled in before it', () => {
    const form = questionnaire([
      question('a', 'integer', { extension: [initial('2')] }),
      question('b', 'integer', { extension: [initial("%resource.item.where(linkId='a').answer.value * 2")] }),
    ]);
    expect(answers(form)).toEqual({ a: [2], b: [4] });
  });

  test('another language is told', () => {
    const form = questionnaire([question('a', 'string', { extension: [expression('initialExpression', 'X', { language: 'text/cql' })] })]);
    expect(run(form).issues[0]).toMatchObject({ code: 'not-supported', text: expect.stringContaining('text/cql') });
  });

  test('initial values stand where nothing else does', () => {
    const form = questionnaire([
      question('a', 'integer', { initial: [{ valueInteger: 3 }] }),
      question('b', 'choice', { answerOption: [{ valueString: 'x' }, { valueString: 'y', initialSelected: true }] }),
    ]);
    expect(answers(form)).toEqual({ a: [3], b: ['y'] });
  });
});

describe('launch contexts', () => {
  test('one that is not given is told, where it is needed', () => {
    const extension = [launch('patient', 'Patient'), launch('encounter', 'Encounter')];
    const form = questionnaire([question('a', 'string', { extension: [initial('%encounter.id')] })], { extension });
    expect(run(form, { launch: {} }).issues.map(({ text }) => text)).toEqual([expect.stringContaining("'encounter' (Encounter) was not given")]);
  });

  test('any name will do', () => {
    const form = questionnaire([question('a', 'string', { extension: [initial('%event.id')] })], { extension: [launch('event', 'AdverseEvent')] });
    expect(answers(form, { launch: { event: { resourceType: 'AdverseEvent', id: 'e' } } })).toEqual({ a: ['e'] });
  });
});

describe('variables', () => {
  test('in their order, one using another', () => {
    const extension = [launch('patient', 'Patient'), variable('a', '%patient.name.count()'), variable('b', '%a + 1')];
    expect(answers(questionnaire([question('q', 'integer', { extension: [initial('%b')] })], { extension }))).toEqual({ q: [3] });
  });

  test('of an item, over those above', () => {
    const group = question('g', 'group', { extension: [variable('a', '%a + 10')], item: [question('q', 'integer', { extension: [initial('%a')] })] });
    expect(answers(questionnaire([group], { extension: [variable('a', '1')] }))).toEqual({ q: [11] });
  });

  const query = variable('meds', 'MedicationStatement?subject={{%patient.id}}&status=active', 'application/x-fhir-query');
  const form = questionnaire([question('q', 'string', { repeats: true, extension: [initial('%meds.entry.resource.id')] })], {
    extension: [launch('patient', 'Patient'), query],
  });

  test('a query is asked of the caller, its expressions worked out', () => {
    expect([...run(form).openQueries]).toEqual(['MedicationStatement?subject=p&status=active']);
  });

  test('and used once it is answered', () => {
    const populated = run(form, {
      answers: () => bundle({ resourceType: 'MedicationStatement', id: 'm1' }, { resourceType: 'MedicationStatement', id: 'm2' }),
    });
    expect(answersOf(populated.response.item)).toEqual({ q: ['m1', 'm2'] });
    expect([...populated.openQueries]).toEqual([]);
  });

  test('a result given with the request takes its place', () => {
    const populated = run(form, { variables: { meds: bundle({ resourceType: 'MedicationStatement', id: 'given' }) } });
    expect(answersOf(populated.response.item)).toEqual({ q: ['given'] });
    expect([...populated.openQueries]).toEqual([]);
  });

  test('a query whose expression comes to nothing is not asked', () => {
    expect(run(form, { launch: { patient: { resourceType: 'Patient' } } }).openQueries.size).toBe(0);
  });

  test('a query as initialExpression gives references', () => {
    const extension = [expression('initialExpression', 'Condition?subject=Patient/p', { language: 'application/x-fhir-query' })];
    const referring = questionnaire([question('q', 'reference', { repeats: true, extension })]);
    expect(answers(referring, { answers: () => bundle({ resourceType: 'Condition', id: 'c' }) })).toEqual({ q: [{ reference: 'Condition/c' }] });
  });
});

describe('attachments', () => {
  test('from a Binary and from a DocumentReference', () => {
    const attached = (resource: object) =>
      answers(questionnaire([question('q', 'attachment', { extension: [initial('%file')] })], { extension: [launch('file', 'Binary', 'DocumentReference')] }), {
        launch: { file: resource },
      });
    expect(attached({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' })).toEqual({ q: [{ contentType: 'text/plain', data: 'eA==' }] });
    expect(attached({ resourceType: 'DocumentReference', content: [{ attachment: { url: 'http://x' } }] })).toEqual({ q: [{ url: 'http://x' }] });
  });
});

describe('itemPopulationContext', () => {
  const name = question('n', 'group', {
    repeats: true,
    extension: [expression('itemPopulationContext', '%patient.name', { name: 'one' })],
    item: [question('f', 'string', { extension: [initial('%one.family')] }), question('g', 'string', { repeats: true, extension: [initial('%one.given')] })],
  });

  test('a group for each value, each with its own', () => {
    const { response } = run(questionnaire([name], PATIENT_CONTEXT));
    expect(response.item?.map(({ item }) => answersOf(item))).toEqual([{ f: ['Hansen'], g: ['Kari', 'Anne'] }, { f: ['Olsen'] }]);
  });

  test('none where there is nothing; one empty where the group is required or does not repeat', () => {
    const count = (more: Partial<QuestionnaireItem>) =>
      run(questionnaire([{ ...name, ...more }], PATIENT_CONTEXT), { launch: { patient: { resourceType: 'Patient', id: 'p' } } }).response.item?.length ?? 0;
    expect([count({}), count({ required: true }), count({ repeats: false })]).toEqual([0, 1, 1]);
  });

  test('a group that does not repeat takes the first, which is told', () => {
    const { response, issues } = run(questionnaire([{ ...name, repeats: false }], PATIENT_CONTEXT));
    expect(response.item).toHaveLength(1);
    expect(issues[0]?.text).toContain('There are 2 of what');
  });

  test('a query: a group for each resource it finds', () => {
    const extension = [expression('itemPopulationContext', 'Condition?subject={{%patient.id}}', { name: 'c', language: 'application/x-fhir-query' })];
    const group = question('g', 'group', { repeats: true, extension, item: [question('t', 'string', { extension: [initial('%c.code.text')] })] });
    const condition = (text: string) => ({ resourceType: 'Condition', id: text, code: { text } });
    expect(answers(questionnaire([group], PATIENT_CONTEXT), { answers: () => bundle(condition('a'), condition('b')) })).toEqual({ t: ['a', 'b'] });
  });

  test('groups that multiply end early', () => {
    const level = (linkId: string, item: QuestionnaireItem[]): QuestionnaireItem =>
      question(linkId, 'group', { repeats: true, extension: [expression('itemPopulationContext', `('${'x'.repeat(100)}').toChars()`)], item });
    expect(() => run(questionnaire([level('1', [level('2', [level('3', [question('4', 'string')])])])]))).toThrow('more than 5000 items');
  });

  test('three levels deep, each within its own', () => {
    const level = (linkId: string, path: string, name_: string, item: QuestionnaireItem[]): QuestionnaireItem =>
      question(linkId, 'group', { repeats: true, extension: [expression('itemPopulationContext', path, { name: name_ })], item });
    const leaf = question('leaf', 'string', { extension: [initial("%a.linkId + '/' + %b.linkId + '/' + %c.linkId")] });
    const form = questionnaire([level('1', '%q.item', 'a', [level('2', '%a.item', 'b', [level('3', '%b.item', 'c', [leaf])])])], {
      extension: [launch('q', 'Questionnaire')],
    });
    const tree = (...linkIds: string[]): object[] =>
      linkIds.map((linkId) => ({ linkId, item: linkIds.map((two) => ({ linkId: two, item: linkIds.map((three) => ({ linkId: three })) })) }));
    const { leaf: found } = answers(form, { launch: { q: { resourceType: 'Questionnaire', item: tree('x', 'y') } } });
    expect(found).toEqual(['x/x/x', 'x/x/y', 'x/y/x', 'x/y/y', 'y/x/x', 'y/x/y', 'y/y/x', 'y/y/y']);
  });
});

describe('what is not enabled', () => {
  const form = questionnaire([
    question('a', 'boolean', { extension: [initial('false')] }),
    question('b', 'string', { enableWhen: [{ question: 'a', operator: '=', answerBoolean: true }], extension: [initial("'secret'")] }),
    question('c', 'string', { extension: [expression('enableWhenExpression', "%resource.item.where(linkId='a').answer.value"), initial("'secret'")] }),
  ]);

  test('has no item, whatever is known', () => {
    const { response } = run(form);
    expect(response.item?.map(({ linkId }) => linkId)).toEqual(['a']);
    expect(JSON.stringify(response)).not.toContain('secret');
  });
});

describe('calculatedExpression', () => {
  test('is worked out from what was filled in', () => {
    const form = questionnaire([
      question('a', 'integer', { extension: [initial('2')] }),
      question('sum', 'integer', { readOnly: true, extension: [expression('calculatedExpression', "%resource.item.where(linkId='a').answer.value + 1")] }),
    ]);
    expect(answers(form)).toEqual({ a: [2], sum: [3] });
  });
});

describe('Observations', () => {
  const period = (value: number, code: string): Extension =>
    ext('observationLinkPeriod', { valueDuration: { value, system: 'http://unitsofmeasure.org', code } });
  const weight = (more: Partial<QuestionnaireItem> = {}): QuestionnaireItem =>
    question('w', 'quantity', { code: [loinc('29463-7'), loinc('3141-9')], extension: [period(3, 'mo')], ...more });
  const observation = (more: Partial<Observation> = {}): Observation => ({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [loinc('29463-7')] },
    subject: { reference: 'Patient/p' },
    effectiveDateTime: '2026-02-01',
    valueQuantity: { value: 70, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
    ...more,
  });
  const found = (item: QuestionnaireItem, ...observations: Observation[]) => answers(questionnaire([item]), { answers: () => bundle(...observations) })['w'];

  test('asks for the codes, for those that count, within the period', () => {
    expect([...run(questionnaire([weight()])).openQueries]).toEqual([
      'Observation?subject=Patient%2Fp&code=http%3A%2F%2Floinc.org%7C29463-7,http%3A%2F%2Floinc.org%7C3141-9&status=final,amended,corrected&date=ge2025-12-01T10:00:00.000Z&_sort=-date&_count=50',
    ]);
  });

  test.each([
    [1, 'a', '2025-03-01'],
    [2, 'wk', '2026-02-15'],
    [10, 'd', '2026-02-19'],
    [200, 'a', '1826-03-01'],
    [48, 'h', '2026-02-27'],
    [9e9, 'a', '0001-'],
  ])('the last %d %s begin on %s', (value, code, since) => {
    const [query = ''] = run(questionnaire([weight({ extension: [period(value, code)] })])).openQueries;
    expect(query).toContain(`date=ge${since}`);
  });

  test('the latest one fills it in', () => {
    expect(found(weight(), observation({ effectiveDateTime: '2026-01-01', valueQuantity: { value: 1 } }), observation())).toMatchObject([{ value: 70 }]);
  });

  test('the period may stand at the root', () => {
    const form = questionnaire([weight({ extension: [] })], { extension: [period(1, 'a')] });
    expect(answers(form, { answers: () => bundle(observation()) })).toMatchObject({ w: [{ value: 70 }] });
  });

  test.each<[string, Partial<Observation>]>([
    ['preliminary', { status: 'preliminary' }],
    ['entered in error', { status: 'entered-in-error' }],
    ['of another focus', { focus: [{ reference: 'Patient/fetus' }] }],
    ['of somebody else', { subject: { reference: 'Patient/other' } }],
    ['too old', { effectiveDateTime: '2025-01-01' }],
    ['with another code', { code: { coding: [loinc('1-1')] } }],
    ['without a value', { valueQuantity: undefined as never, dataAbsentReason: { text: 'x' } }],
  ])('not one %s', (_, more) => expect(found(weight(), JSON.parse(JSON.stringify(observation(more))))).toBeUndefined());

  test('one whose focus is the patient counts, amended and corrected ones too', () => {
    expect(found(weight(), observation({ focus: [{ reference: 'Patient/p' }] }))).toHaveLength(1);
    for (const status of ['amended', 'corrected'] as const) expect(found(weight(), observation({ status }))).toHaveLength(1);
  });

  test('a number needs a unit in the question, and is converted to it', () => {
    const bare = weight({ type: 'decimal' });
    expect(found(bare, observation())).toBeUndefined();
    expect(found({ ...bare, extension: [period(3, 'mo'), unit('kg')] }, observation())).toEqual([70]);
    const grams = observation({ valueQuantity: { value: 70_000, code: 'g' } });
    expect(found({ ...bare, extension: [period(3, 'mo'), unit('kg')] }, grams)).toEqual([70]);
    expect(found({ ...bare, extension: [period(3, 'mo'), unit('m')] }, grams)).toBeUndefined();
  });

  test('the latest of which the value fits', () => {
    expect(
      found(weight(), observation({ effectiveDateTime: '2026-02-20', valueQuantity: undefined as never, valueString: 'heavy' }), observation()),
    ).toMatchObject([{ value: 70 }]);
  });

  test('a concept becomes the option it has', () => {
    const choice = weight({ type: 'choice', answerOption: [{ valueCoding: { system: 's', code: 'b', display: 'B' } }] });
    const coded = observation({
      valueQuantity: undefined as never,
      valueCodeableConcept: {
        coding: [
          { system: 'x', code: 'a' },
          { system: 's', code: 'b' },
        ],
      },
    });
    expect(found(choice, JSON.parse(JSON.stringify(coded)))).toEqual([{ system: 's', code: 'b', display: 'B' }]);
  });

  test('a question that repeats is left alone', () => expect(found(weight({ repeats: true }), observation())).toBeUndefined());

  const pressure = question('bp', 'group', {
    code: [loinc('85354-9')],
    extension: [period(1, 'a')],
    item: [
      question('s', 'quantity', { code: [loinc('8480-6')], extension: [period(1, 'a')] }),
      question('m', 'quantity', { code: [loinc('8478-0')], extension: [period(1, 'a')] }),
    ],
  });
  const panel = observation({
    code: { coding: [loinc('85354-9')] },
    valueQuantity: undefined as never,
    component: [{ code: { coding: [loinc('8480-6')] }, valueQuantity: { value: 120 } }],
    hasMember: [{ reference: 'Observation/mean' }],
  });

  test('items in a group take components and members of the group’s Observation only', () => {
    const mean = observation({ id: 'mean', code: { coding: [loinc('8478-0')] }, valueQuantity: { value: 93 } });
    const stray = observation({ id: 'stray', code: { coding: [loinc('8480-6')] }, valueQuantity: { value: 200 } });
    const stored = (query: string) =>
      query.startsWith('Observation?_id=mean') ? bundle(mean) : query.includes('85354-9') ? bundle(JSON.parse(JSON.stringify(panel))) : bundle(stray);
    expect(answers(questionnaire([pressure]), { answers: stored })).toEqual({ s: [{ value: 120 }], m: [{ value: 93 }] });
  });

  test('those given with the request count as well', () => {
    expect(answers(questionnaire([weight()]), { answers: () => bundle(), data: [observation()] })).toMatchObject({ w: [{ value: 70 }] });
  });

  test('an expression comes before an Observation', () => {
    const both = weight({ extension: [period(1, 'a'), initial("5 'kg'")] });
    expect(found(both, observation())).toMatchObject([{ value: 5 }]);
  });
});

describe('a StructureMap', () => {
  const map = ext('sourceStructureMap', { valueCanonical: 'http://map' });
  test('alone is refused', () =>
    expect(() => run(questionnaire([question('a', 'string')], { extension: [map] }))).toThrow('StructureMaps are not carried out here'));
  test('beside another way is left out, and told', () => {
    const form = questionnaire([question('a', 'string', { extension: [initial("'x'")] })], { extension: [map] });
    expect(run(form)).toMatchObject({ issues: [{ code: 'not-supported' }] });
    expect(answers(form)).toEqual({ a: ['x'] });
  });
});
