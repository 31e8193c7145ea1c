import { describe, expect, test } from '@jest/globals';
import type { Extension, QuestionnaireItem, StructureDefinition } from 'fhir/r4';
import type { Definitions } from '../../../src/questionnaire/extract/elements.ts';
import { ext, faults, parts, questionnaire, refusal, registry, resources, response, run } from './fixture.ts';

const BASE = 'http://hl7.org/fhir/StructureDefinition/';
const at = (id: string, canonical = `${BASE}${id.split('.')[0]}`): string => `${canonical}#${id}`;
const start = (valueCanonical: string, ...more: Extension[]): Extension => parts('definitionExtract', [{ url: 'definition', valueCanonical }, ...more]);
const patient = start(`${BASE}Patient`);
const value = (id: string, given: Omit<Extension, 'url'>): Extension =>
  parts('definitionExtractValue', [
    { url: 'definition', valueUri: at(id) },
    { url: 'fixed-value', ...given },
  ]);
const computed = (id: string, expression: string, language = 'text/fhirpath'): Extension =>
  parts('definitionExtractValue', [
    { url: 'definition', valueUri: at(id) },
    { url: 'expression', valueExpression: { language, expression } },
  ]);

const item = (linkId: string, id: string | undefined, type: QuestionnaireItem['type'], more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({
  linkId,
  type,
  ...(id !== undefined && { definition: at(id) }),
  ...more,
});
const answered = (linkId: string, ...values: object[]) => ({ linkId, answer: values as never });

describe('where a resource begins', () => {
  test('at the root: always, even without an answer', () => {
    expect(resources(run(questionnaire([], { extension: [patient] }), response([])).bundle)).toEqual([{ resourceType: 'Patient' }]);
  });

  const group = item('g', undefined, 'group', { repeats: true, extension: [patient], item: [item('n', 'Patient.name.text', 'string')] });

  test('on a group: once a repetition that was answered', () => {
    const { bundle } = run(
      questionnaire([group]),
      response([{ linkId: 'g', item: [answered('n', { valueString: 'A' })] }, { linkId: 'g' }, { linkId: 'g', item: [answered('n', { valueString: 'B' })] }]),
    );
    expect(resources(bundle)).toEqual([
      { resourceType: 'Patient', name: [{ text: 'A' }] },
      { resourceType: 'Patient', name: [{ text: 'B' }] },
    ]);
  });

  test('on a question: once an answer, each with its own expressions', () => {
    const allergy = item('a', 'AllergyIntolerance.code', 'choice', {
      repeats: true,
      extension: [
        start(`${BASE}AllergyIntolerance`),
        computed('AllergyIntolerance.note.text', 'answer.value.display'),
        computed('AllergyIntolerance.patient', '%resource.subject'),
        value('AllergyIntolerance.clinicalStatus.coding', {
          valueCoding: { system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' },
        }),
      ],
    });
    const { bundle } = run(
      questionnaire([allergy]),
      response([answered('a', { valueCoding: { code: 'x', display: 'Nuts' } }, { valueCoding: { code: 'y', display: 'Milk' } })]),
    );
    expect(resources(bundle)).toMatchObject([
      { code: { coding: [{ code: 'x', display: 'Nuts' }] }, note: [{ text: 'Nuts' }], patient: { reference: 'Patient/p' } },
      { code: { coding: [{ code: 'y', display: 'Milk' }] }, note: [{ text: 'Milk' }] },
    ]);
    expect(faults(bundle)).toEqual([]);
  });

  test('several at once: each takes what is defined for it', () => {
    const both = item('g', undefined, 'group', {
      extension: [patient, start(`${BASE}RelatedPerson`)],
      item: [item('a', 'Patient.name.text', 'string'), item('b', 'RelatedPerson.name.text', 'string')],
    });
    const { bundle } = run(
      questionnaire([both]),
      response([{ linkId: 'g', item: [answered('a', { valueString: 'A' }), answered('b', { valueString: 'B' })] }]),
    );
    expect(resources(bundle)).toEqual([
      { resourceType: 'Patient', name: [{ text: 'A' }] },
      { resourceType: 'RelatedPerson', name: [{ text: 'B' }] },
    ]);
  });

  test('an unknown definition is refused', () => {
    const unknown = questionnaire([], { extension: [start('http://example.org/nowhere')] });
    expect(refusal(unknown, response([]))).toMatchObject([{ code: 'not-found', text: expect.stringContaining('http://example.org/nowhere') }]);
  });
});

describe('where values go', () => {
  const extracted = (items: QuestionnaireItem[], answers: object[], ...more: Extension[]) =>
    resources(run(questionnaire(items, { extension: [patient, ...more] }), response(answers as never)).bundle)[0];

  test('a group holds together what belongs into one element', () => {
    const name = item('n', 'Patient.name', 'group', {
      repeats: true,
      item: [item('g', 'Patient.name.given', 'string', { repeats: true }), item('f', 'Patient.name.family', 'string')],
    });
    const one = (family: string, ...given: string[]) => ({
      linkId: 'n',
      item: [answered('g', ...given.map((valueString) => ({ valueString }))), answered('f', { valueString: family })],
    });
    expect(extracted([name], [one('Hansen', 'Kari', 'Anne'), one('Olsen', 'Kari')])).toEqual({
      resourceType: 'Patient',
      name: [
        { given: ['Kari', 'Anne'], family: 'Hansen' },
        { given: ['Kari'], family: 'Olsen' },
      ],
    });
  });

  test('elements on the way are made; those of one item share them', () => {
    const ihi = item('i', 'Patient.identifier.value', 'string', {
      extension: [value('Patient.identifier.system', { valueUri: 'http://ids' }), value('Patient.identifier.type.text', { valueString: 'IHI' })],
    });
    const phone = item('t', 'Patient.telecom.value', 'string', { extension: [value('Patient.telecom.system', { valueCode: 'phone' })] });
    expect(extracted([ihi, phone], [answered('i', { valueString: '7' }), answered('t', { valueString: '22' })])).toEqual({
      resourceType: 'Patient',
      identifier: [{ value: '7', system: 'http://ids', type: { text: 'IHI' } }],
      telecom: [{ value: '22', system: 'phone' }],
    });
  });

  test('fixed and computed values of an item come only with an answer; those of the root always', () => {
    const name = item('n', undefined, 'string', { extension: [value('Patient.name.use', { valueCode: 'usual' })] });
    expect(extracted([name], [], value('Patient.active', { valueBoolean: true }))).toEqual({ resourceType: 'Patient', active: true });
    expect(extracted([name], [answered('n', { valueString: 'x' })])).toEqual({ resourceType: 'Patient', name: [{ use: 'usual' }] });
  });

  test('a backbone element, with a single element inside', () => {
    const contact = item('c', 'Patient.contact', 'group', {
      item: [item('n', 'Patient.contact.name.text', 'string'), item('g', 'Patient.contact.gender', 'choice')],
    });
    expect(extracted([contact], [{ linkId: 'c', item: [answered('n', { valueString: 'Ola' }), answered('g', { valueCoding: { code: 'male' } })] }])).toEqual({
      resourceType: 'Patient',
      contact: [{ name: { text: 'Ola' }, gender: 'male' }],
    });
  });

  test('a choice takes the type of the value, or the one that is named', () => {
    const deceased = item('d', 'Patient.deceased', 'boolean');
    expect(extracted([deceased], [answered('d', { valueBoolean: false })])).toEqual({ resourceType: 'Patient', deceasedBoolean: false });
    expect(extracted([{ ...deceased, definition: at('Patient.deceasedDateTime') }], [answered('d', { valueDate: '2020-01-01' })])).toEqual({
      resourceType: 'Patient',
      deceasedDateTime: '2020-01-01',
    });
    expect(extracted([{ ...deceased, definition: at('Patient.deceased[x]') }], [answered('d', { valueDateTime: '2020-01-01' })])).toEqual({
      resourceType: 'Patient',
      deceasedDateTime: '2020-01-01',
    });
  });

  test('an extension: its url goes to the one that has the value', () => {
    const extension = item('e', 'Patient.extension.value', 'boolean', { extension: [value('Patient.extension.url', { valueUri: 'http://x' })] });
    expect(extracted([extension], [answered('e', { valueBoolean: true })])).toEqual({
      resourceType: 'Patient',
      extension: [{ valueBoolean: true, url: 'http://x' }],
    });
  });

  test.each<[string, QuestionnaireItem['type'], object, object]>([
    ['Patient.birthDate', 'dateTime', { valueDateTime: '1970-01-02T03:04:05Z' }, { birthDate: '1970-01-02' }],
    ['Patient.gender', 'choice', { valueCoding: { system: 's', code: 'female' } }, { gender: 'female' }],
    ['Patient.maritalStatus', 'choice', { valueCoding: { code: 'M' } }, { maritalStatus: { coding: [{ code: 'M' }] } }],
    ['Patient.maritalStatus', 'string', { valueString: 'wed' }, { maritalStatus: { text: 'wed' } }],
    [
      'Patient.generalPractitioner',
      'reference',
      { valueReference: { reference: 'Practitioner/1' } },
      { generalPractitioner: [{ reference: 'Practitioner/1' }] },
    ],
    ['Patient.multipleBirth', 'integer', { valueInteger: 2 }, { multipleBirthInteger: 2 }],
    ['Patient.photo', 'attachment', { valueAttachment: { url: 'http://p' } }, { photo: [{ url: 'http://p' }] }],
    ['Patient.address', 'string', { valueString: 'Road 1' }, { address: [{ text: 'Road 1' }] }],
    ['Patient.contact.period', 'date', { valueDate: '2020-01-01' }, { contact: [{ period: { start: '2020-01-01' } }] }],
  ])('%s from a %s', (id, type, answer, expected) => {
    expect(extracted([item('q', id, type)], [answered('q', answer)])).toEqual({ resourceType: 'Patient', ...expected });
  });

  test.each<[string, object, string]>([
    ['Patient.nosuch', { valueString: 'x' }, 'no element of Patient'],
    ['Patient.__proto__.x', { valueString: 'x' }, 'no element of Patient'],
    ['Patient.birthDate', { valueBoolean: true }, 'cannot become Patient.birthDate (date)'],
    ['Patient.extension.value.code', { valueString: 'x' }, 'name its type'],
  ])('%s from %j is refused', (id, answer, text) => {
    expect(refusal(questionnaire([item('q', id, 'string')], { extension: [patient] }), response([answered('q', answer)]))[0]?.text).toContain(text);
  });

  test('two answers for an element that takes one are refused', () => {
    const two = response([answered('q', { valueString: 'a' }, { valueString: 'b' })]);
    expect(refusal(questionnaire([item('q', 'Patient.name.text', 'string', { repeats: true })], { extension: [patient] }), two)[0]?.text).toContain(
      'takes one value, but there are 2',
    );
  });

  test('the unit of the question goes with its number', () => {
    const unit = { url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-unit', valueCoding: { system: 'http://unitsofmeasure.org', code: 'cm' } };
    const form = questionnaire([item('q', 'Observation.valueQuantity', 'decimal', { extension: [unit] })], { extension: [start(`${BASE}Observation`)] });
    expect(resources(run(form, response([answered('q', { valueDecimal: 170 })])).bundle)[0]).toMatchObject({ valueQuantity: { value: 170, code: 'cm' } });
  });

  test('the answer itself is not changed by what is put beside it', () => {
    const answer = response([answered('q', { valueQuantity: { value: 1 } })]);
    const form = questionnaire([item('q', 'Observation.value', 'quantity', { extension: [value('Observation.valueQuantity.unit', { valueString: 'mg' })] })], {
      extension: [start(`${BASE}Observation`)],
    });
    const before = structuredClone(answer);
    run(form, answer);
    expect(answer).toEqual(before);
  });
});

describe('how it is sent', () => {
  const sent = (...more: Extension[]) => {
    const form = questionnaire([item('id', 'Patient.id', 'string')], {
      extension: [start(`${BASE}Patient`, ...more), ext('extractAllocateId', { valueString: 'pid' })],
    });
    return { new: run(form, response([])).bundle.entry?.[0], old: run(form, response([answered('id', { valueString: '77' })])).bundle.entry?.[0] };
  };

  test('POST without an id, PUT with one', () => {
    expect(sent().new?.request).toEqual({ method: 'POST', url: 'Patient' });
    expect(sent().old).toMatchObject({ request: { method: 'PUT', url: 'Patient/77' }, resource: { id: '77' } });
  });

  test('fullUrl by an allocated id, which others refer to', () => {
    const related = item('g', undefined, 'group', {
      extension: [start(`${BASE}RelatedPerson`), computed('RelatedPerson.patient.reference', '%pid')],
      item: [item('n', 'RelatedPerson.name.text', 'string')],
    });
    const form = questionnaire([related], {
      extension: [ext('extractAllocateId', { valueString: 'pid' }), start(`${BASE}Patient`, { url: 'fullUrl', valueString: '%pid' })],
    });
    const [first, second] = run(form, response([{ linkId: 'g', item: [answered('n', { valueString: 'B' })] }])).bundle.entry ?? [];
    expect(second?.resource).toMatchObject({ patient: { reference: first?.fullUrl } });
  });

  test('an id allocated on a repeating group is a new one each time', () => {
    const group = item('g', undefined, 'group', {
      repeats: true,
      extension: [ext('extractAllocateId', { valueString: 'own' }), start(`${BASE}Patient`, { url: 'fullUrl', valueString: '%own' })],
      item: [item('n', 'Patient.name.text', 'string')],
    });
    const one = { linkId: 'g', item: [answered('n', { valueString: 'A' })] };
    const urls = run(questionnaire([group]), response([one, one])).bundle.entry?.map(({ fullUrl }) => fullUrl);
    expect(new Set(urls).size).toBe(2);
  });

  test.each(['ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist'])('%s', (url) => {
    expect(sent({ url, valueString: "'v-' + %resource.id" }).new?.request).toMatchObject({ [url]: 'v-r' });
  });
});

describe('expressions', () => {
  const failing = (expression: string, language?: string) =>
    refusal(questionnaire([], { extension: [patient, computed('Patient.name.text', expression, language)] }), response([]))[0];

  test('see %resource, %questionnaire and the item, but no variables or launch contexts', () => {
    const form = questionnaire(
      [item('q', undefined, 'string', { extension: [computed('Patient.name.text', '%questionnaire.url + %context.linkId + %qitem.linkId + answer.value')] })],
      { extension: [patient] },
    );
    expect(resources(run(form, response([answered('q', { valueString: '!' })])).bundle)).toMatchObject([
      { name: [{ text: 'http://example.org/Questionnaire/qqq!' }] },
    ]);
    expect(failing('%patient.name')?.text).toContain('cannot be evaluated');
  });

  test('one that gives nothing sets nothing', () => {
    expect(resources(run(questionnaire([], { extension: [patient, computed('Patient.name.text', '{}')] }), response([])).bundle)).toEqual([
      { resourceType: 'Patient' },
    ]);
  });

  test('that cannot be evaluated are refused, with the place of each', () =>
    expect(failing('(')).toMatchObject({ severity: 'error', code: 'processing', expression: ['Questionnaire.extension[1]'] }));
  test('in another language are refused', () => expect(failing('x', 'text/cql')?.text).toContain('text/fhirpath'));
});

describe('the older itemExtractionContext', () => {
  const old = (given: Omit<Extension, 'url'>, definition: string) =>
    run(
      questionnaire([item('n', undefined, 'string', { definition })], { extension: [ext('itemExtractionContext', given)] }),
      response([answered('n', { valueString: 'A' })]),
    ).bundle;

  test.each<[string, Omit<Extension, 'url'>]>([
    ['a code', { valueCode: 'Patient' }],
    ['a query', { valueExpression: { language: 'application/x-fhir-query', expression: 'Patient?_id={{%patient.id}}' } }],
  ])('%s names the type', (_, given) => {
    for (const definition of ['http://hl7.org/fhir/Patient#Patient.name.text', at('Patient.name.text')])
      expect(resources(old(given, definition))).toEqual([{ resourceType: 'Patient', name: [{ text: 'A' }] }]);
  });

  test('a new one takes the place of the old', () => {
    const medication = item('m', undefined, 'group', {
      extension: [ext('itemExtractionContext', { valueCode: 'Medication' })],
      item: [item('c', 'Medication.code', 'string')],
    });
    const form = questionnaire([medication], { extension: [ext('itemExtractionContext', { valueCode: 'MedicationStatement' })] });
    expect(resources(run(form, response([{ linkId: 'm', item: [answered('c', { valueString: 'M' })] }])).bundle)).toEqual([
      { resourceType: 'MedicationStatement' },
      { resourceType: 'Medication', code: { text: 'M' } },
    ]);
  });

  test('what is no type is refused', () => {
    expect(refusal(questionnaire([], { extension: [ext('itemExtractionContext', { valueCode: 'constructor' })] }), response([]))[0]?.text).toContain(
      'must be a resource type',
    );
  });
});

describe('profiles', () => {
  const PROFILE = 'http://example.org/StructureDefinition/height';
  const profile = (element: object[], more: Partial<StructureDefinition> = {}): Definitions => {
    const definition = {
      resourceType: 'StructureDefinition',
      url: PROFILE,
      name: 'P',
      status: 'active',
      kind: 'resource',
      abstract: false,
      type: 'Observation',
      derivation: 'constraint',
      baseDefinition: `${BASE}Observation`,
      snapshot: { element },
      ...more,
    } as StructureDefinition;
    return {
      structure: registry.structure,
      resource: ((_: string, canonical: string) => (canonical.split('|')[0] === PROFILE ? definition : undefined)) as Definitions['resource'],
    };
  };
  const VITAL = { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' };
  const elements = [
    { id: 'Observation', path: 'Observation' },
    { id: 'Observation.status', path: 'Observation.status', min: 1, fixedCode: 'final' },
    { id: 'Observation.category', path: 'Observation.category', min: 1 },
    { id: 'Observation.category:VSCat', path: 'Observation.category', sliceName: 'VSCat', min: 1 },
    { id: 'Observation.category:VSCat.coding', path: 'Observation.category.coding', min: 1 },
    { id: 'Observation.category:VSCat.coding.system', path: 'Observation.category.coding.system', min: 1, fixedUri: VITAL.system },
    { id: 'Observation.category:VSCat.coding.code', path: 'Observation.category.coding.code', min: 1, fixedCode: VITAL.code },
    { id: 'Observation.code', path: 'Observation.code', min: 1, patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] } },
    { id: 'Observation.value[x]', path: 'Observation.value[x]', min: 0, type: [{ code: 'Quantity' }] },
    { id: 'Observation.value[x].system', path: 'Observation.value[x].system', min: 1, fixedUri: 'http://unitsofmeasure.org' },
    { id: 'Observation.value[x].code', path: 'Observation.value[x].code', min: 1, fixedCode: 'cm' },
    { id: 'Observation.component:arm', path: 'Observation.component', sliceName: 'arm', min: 0 },
    { id: 'Observation.component:arm.code', path: 'Observation.component.code', min: 1, patternCodeableConcept: { text: 'arm' } },
  ];
  const form = (items: QuestionnaireItem[]) => questionnaire(items, { extension: [start(`${PROFILE}|1.0.0`)] });
  const height = item('h', undefined, 'decimal', { definition: `${PROFILE}#Observation.value[x].value` });

  test('fixed values, patterns and required slices come along, and the profile is named', () => {
    const { bundle } = run(form([height]), response([answered('h', { valueDecimal: 170 })]), profile(elements));
    expect(resources(bundle)).toEqual([
      {
        resourceType: 'Observation',
        meta: { profile: [PROFILE] },
        status: 'final',
        category: [{ coding: [VITAL] }],
        code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] },
        valueQuantity: { value: 170, system: 'http://unitsofmeasure.org', code: 'cm' },
      },
    ]);
    expect(faults(bundle)).toEqual([]);
  });

  test('what is not required is left out; what is there is not said twice', () => {
    const category = parts('definitionExtractValue', [
      { url: 'definition', valueUri: `${PROFILE}#Observation.category.coding` },
      { url: 'fixed-value', valueCoding: VITAL },
    ]);
    const { bundle } = run(form([{ ...height, extension: [category] }]), response([answered('h', { valueDecimal: 170 })]), profile(elements));
    const [found] = resources(bundle) as [{ category: unknown; component?: unknown }];
    expect(found.category).toEqual([{ coding: [VITAL] }]);
    expect(found).not.toHaveProperty('component');
  });

  test('a slice that an item names gets its fixed values', () => {
    const arm = item('a', undefined, 'string', { definition: `${PROFILE}#Observation.component:arm.valueString` });
    const [found] = resources(run(form([arm]), response([answered('a', { valueString: 'left' })]), profile(elements)).bundle);
    expect(found).toMatchObject({ component: [{ code: { text: 'arm' }, valueString: 'left' }] });
  });

  test('a differential alone will do', () => {
    const { snapshot: _, ...bare } = { snapshot: undefined, differential: { element: elements } };
    const definitions = profile([], { ...bare, snapshot: undefined as never });
    expect(resources(run(form([]), response([]), definitions).bundle)[0]).toMatchObject({ status: 'final', category: [{ coding: [VITAL] }] });
  });
});
