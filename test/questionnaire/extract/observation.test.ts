import { describe, expect, test } from '@jest/globals';
import type { QuestionnaireItem } from 'fhir/r4';
import { as, ext, faults, loinc, observations, on, parts, questionnaire, refusal, response, run } from './fixture.ts';

const weight: QuestionnaireItem = { linkId: 'w', type: 'decimal', code: [loinc('29463-7')], extension: [on] };
const answered = (linkId: string, ...values: object[]) => ({ linkId, answer: values as never });
const kg = {
  url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-unit',
  valueCoding: { system: 'http://unitsofmeasure.org', code: 'kg', display: 'kilogram' },
};

describe('which items lead to an Observation', () => {
  const plain: QuestionnaireItem = { linkId: 'w', type: 'decimal', code: [loinc('29463-7')] };
  const answer = response([answered('w', { valueDecimal: 70 })]);

  test('not one without the extension', () => expect(observations(questionnaire([plain]), answer)).toEqual([]));
  test('one with it', () => expect(observations(questionnaire([weight]), answer)).toHaveLength(1));
  test('all with a code, where it stands at the root', () => expect(observations(questionnaire([plain], { extension: [on] }), answer)).toHaveLength(1));
  test('none without a code', () => expect(observations(questionnaire([{ ...plain, code: [] }], { extension: [on] }), answer)).toEqual([]));

  test('false takes an item and what is below it out again', () => {
    const off = ext('observationExtract', { valueBoolean: false });
    const group: QuestionnaireItem = { linkId: 'g', type: 'group', extension: [off], item: [plain] };
    expect(observations(questionnaire([group], { extension: [on] }), response([{ linkId: 'g', item: answer.item ?? [] }]))).toEqual([]);
  });

  test('true puts an item below it in again', () => {
    const off = ext('observationExtract', { valueBoolean: false });
    const group: QuestionnaireItem = { linkId: 'g', type: 'group', extension: [off], item: [weight] };
    expect(observations(questionnaire([group], { extension: [on] }), response([{ linkId: 'g', item: answer.item ?? [] }]))).toHaveLength(1);
  });

  test('an unanswered question leads to none', () => expect(observations(questionnaire([weight]), response([{ linkId: 'w' }]))).toEqual([]));

  test('each answer of a repeating question to one of its own', () => {
    const found = observations(questionnaire([{ ...weight, repeats: true }]), response([answered('w', { valueDecimal: 70 }, { valueDecimal: 71 })]));
    expect(found.map(({ valueQuantity }) => valueQuantity?.value)).toEqual([70, 71]);
  });
});

describe('codes', () => {
  const codesOf = (item: QuestionnaireItem) =>
    observations(questionnaire([item]), response([answered('w', { valueDecimal: 70 })])).map(({ code }) => code.coding);

  test('all of them', () => expect(codesOf({ ...weight, code: [loinc('a'), loinc('b')] })).toEqual([[loinc('a'), loinc('b')]]));
  test('only those marked, where one is', () => expect(codesOf({ ...weight, code: [loinc('a', on), loinc('b')] })).toEqual([[loinc('a')]]));
  test('a mark on a code suffices', () => expect(codesOf({ linkId: 'w', type: 'decimal', code: [loinc('a', on), loinc('b')] })).toEqual([[loinc('a')]]));
  test('not those marked false', () =>
    expect(codesOf({ ...weight, code: [loinc('a', ext('observationExtract', { valueBoolean: false })), loinc('b')] })).toEqual([[loinc('b')]]));

  test('a mark on a code is not handed down', () => {
    const child: QuestionnaireItem = { linkId: 'c', type: 'integer', code: [loinc('c')] };
    const parent: QuestionnaireItem = { linkId: 'w', type: 'decimal', code: [loinc('a', on)], item: [child] };
    const answer = response([{ linkId: 'w', answer: [{ valueDecimal: 70, item: [answered('c', { valueInteger: 1 })] }] }]);
    expect(observations(questionnaire([parent]), answer)).toHaveLength(1);
  });

  test('boolean and code in one item are refused', () => {
    const both = { ...on, valueCode: 'member' };
    expect(refusal(questionnaire([{ ...weight, extension: [both] }]), response([answered('w', { valueDecimal: 1 })]))[0]?.text).toContain('not both');
  });
});

describe('what the Observation says', () => {
  test('status, subject, encounter, times, performer and source are those of the response', () => {
    const answer = response([answered('w', { valueDecimal: 70.5 })], {
      encounter: { reference: 'Encounter/e' },
      basedOn: [{ reference: 'ServiceRequest/s' }],
      partOf: [{ reference: 'Procedure/x' }, { reference: 'Observation/o' }],
    });
    const { bundle } = run(questionnaire([{ ...weight, extension: [on, kg] }]), answer);
    expect(bundle.entry?.[0]).toEqual({
      fullUrl: 'urn:uuid:id-1',
      request: { method: 'POST', url: 'Observation' },
      resource: {
        resourceType: 'Observation',
        basedOn: [{ reference: 'ServiceRequest/s' }],
        partOf: [{ reference: 'Procedure/x' }],
        status: 'final',
        code: { coding: [loinc('29463-7')] },
        subject: { reference: 'Patient/p' },
        encounter: { reference: 'Encounter/e' },
        effectiveDateTime: '2026-03-01T10:00:00Z',
        issued: '2026-03-01T10:00:00Z',
        performer: [{ reference: 'Practitioner/a' }],
        derivedFrom: [{ reference: 'QuestionnaireResponse/r' }],
        valueQuantity: { value: 70.5, unit: 'kilogram', system: 'http://unitsofmeasure.org', code: 'kg' },
      },
    });
    expect(faults(bundle)).toEqual([]);
  });

  test('a date without a time is no moment of issue, a Device no performer', () => {
    const answer = response([answered('w', { valueDecimal: 70 })], { authored: '2026-03-01', author: { reference: 'Device/d' } });
    const [found] = observations(questionnaire([weight]), answer);
    expect(found).toMatchObject({ effectiveDateTime: '2026-03-01', device: { reference: 'Device/d' } });
    expect(found).not.toHaveProperty('issued');
    expect(found).not.toHaveProperty('performer');
  });

  test('a response without an id is no source', () => {
    const { id: _, ...answer } = response([answered('w', { valueDecimal: 70 })]);
    expect(observations(questionnaire([weight]), answer)[0]).not.toHaveProperty('derivedFrom');
  });

  test.each([
    [{ valueBoolean: false }, { valueBoolean: false }],
    [{ valueInteger: 3 }, { valueInteger: 3 }],
    [{ valueDecimal: 3.5 }, { valueQuantity: { value: 3.5 } }],
    [{ valueString: 'x' }, { valueString: 'x' }],
    [{ valueUri: 'urn:x:y' }, { valueString: 'urn:x:y' }],
    [{ valueDate: '2026-01-02' }, { valueDateTime: '2026-01-02' }],
    [{ valueDateTime: '2026-01-02T03:04:05Z' }, { valueDateTime: '2026-01-02T03:04:05Z' }],
    [{ valueTime: '03:04:05' }, { valueTime: '03:04:05' }],
    [{ valueCoding: { code: 'c' } }, { valueCodeableConcept: { coding: [{ code: 'c' }] } }],
    [{ valueQuantity: { value: 1, unit: 'mg' } }, { valueQuantity: { value: 1, unit: 'mg' } }],
  ])('an answer %j becomes %j', (answer, value) => {
    const { bundle } = run(questionnaire([weight]), response([answered('w', answer)]));
    expect(bundle.entry?.[0]?.resource).toMatchObject(value);
    expect(faults(bundle)).toEqual([]);
  });

  test.each([{ valueReference: { reference: 'Patient/x' } }, { valueAttachment: { url: 'http://x' } }])(
    'an answer %j has no place, which is told',
    (answer) => {
      const { extracted, issues } = run(questionnaire([weight]), response([answered('w', answer)]));
      expect(extracted).toEqual([]);
      expect(issues[0]).toMatchObject({
        severity: 'warning',
        text: expect.stringContaining('no place'),
        expression: ['QuestionnaireResponse.item[0].answer[0]'],
      });
    },
  );
});

describe('category', () => {
  const category = (text: string) => ext('observation-extract-category', { valueCodeableConcept: { text } });
  const answer = response([{ linkId: 'g', item: [answered('w', { valueDecimal: 70 })] }]);
  const found = (root: string[], group: string[], item: string[]) => {
    const form = questionnaire(
      [{ linkId: 'g', type: 'group', extension: group.map(category), item: [{ ...weight, extension: [on, ...item.map(category)] }] }],
      {
        extension: root.map(category),
      },
    );
    return observations(form, answer)[0]?.category?.map(({ text }) => text);
  };

  test('of the questionnaire', () => expect(found(['a', 'b'], [], [])).toEqual(['a', 'b']));
  test('the nearest replaces those above', () => expect(found(['a'], ['b'], [])).toEqual(['b']));
  test('the own one replaces all', () => expect(found(['a'], ['b'], ['c'])).toEqual(['c']));
  test('without one there is none', () => expect(found([], [], [])).toBeUndefined());
});

describe('relations', () => {
  const pressure = (relation: string): QuestionnaireItem => ({
    linkId: 'bp',
    type: 'group',
    code: [loinc('85354-9')],
    extension: [on],
    item: [
      { linkId: 'sys', type: 'integer', code: [loinc('8480-6')], extension: [as(relation), kg] },
      { linkId: 'dia', type: 'integer', code: [loinc('8462-4')], extension: [as(relation), kg] },
    ],
  });
  const answer = response([{ linkId: 'bp', item: [answered('sys', { valueInteger: 120 }), answered('dia', { valueInteger: 80 })] }]);

  test('component: one Observation with its parts', () => {
    const { bundle } = run(questionnaire([pressure('component')]), answer);
    expect(bundle.entry).toHaveLength(1);
    expect(bundle.entry?.[0]?.resource).toMatchObject({
      code: { coding: [loinc('85354-9')] },
      component: [
        { code: { coding: [loinc('8480-6')] }, valueQuantity: { value: 120, code: 'kg' } },
        { code: { coding: [loinc('8462-4')] }, valueQuantity: { value: 80 } },
      ],
    });
    expect(faults(bundle)).toEqual([]);
  });

  test('member: the group points at each by its fullUrl', () => {
    const { bundle } = run(questionnaire([pressure('member')]), answer);
    const [panel, ...members] = bundle.entry ?? [];
    expect(panel?.resource).toMatchObject({ hasMember: members.map(({ fullUrl }) => ({ reference: fullUrl })) });
    expect(members).toHaveLength(2);
  });

  test('derived: the child points at what it was worked out from', () => {
    const child: QuestionnaireItem = { linkId: 'bmi', type: 'decimal', code: [loinc('39156-5')], extension: [as('derived')] };
    const form = questionnaire([{ ...weight, item: [child] }]);
    const { bundle } = run(form, response([{ linkId: 'w', answer: [{ valueDecimal: 70, item: [answered('bmi', { valueDecimal: 22 })] }] }]));
    const [first, second] = bundle.entry ?? [];
    expect(second?.resource).toMatchObject({ derivedFrom: [{ reference: 'QuestionnaireResponse/r' }, { reference: first?.fullUrl }] });
  });

  test('independent and true: side by side, and no panel without a value', () => {
    for (const relation of ['independent']) expect(observations(questionnaire([pressure(relation)]), answer)).toHaveLength(2);
    const group = { ...pressure('member'), item: (pressure('member').item ?? []).map((item) => ({ ...item, extension: [on] })) };
    expect(observations(questionnaire([group]), answer).every(({ hasMember }) => hasMember === undefined)).toBe(true);
  });

  test('a group without a code hands its parts on', () => {
    const inner: QuestionnaireItem = { linkId: 'in', type: 'group', item: pressure('component').item ?? [] };
    const form = questionnaire([{ ...pressure('component'), item: [inner] }]);
    const [found] = observations(form, response([{ linkId: 'bp', item: [{ linkId: 'in', item: answer.item?.[0]?.item ?? [] }] }]));
    expect(found?.component).toHaveLength(2);
  });

  test('a component of nothing is told', () => {
    const { issues, extracted } = run(questionnaire([{ ...weight, extension: [as('component')] }]), response([answered('w', { valueDecimal: 1 })]));
    expect(extracted).toEqual([]);
    expect(issues[0]?.text).toContain('component of an Observation that no item above it leads to');
  });

  test('each answer of a question keeps the parts below it', () => {
    const side: QuestionnaireItem = { linkId: 's', type: 'string', code: [loinc('side')], extension: [as('component')] };
    const below = (value: number, text: string) => ({ valueDecimal: value, item: [answered('s', { valueString: text })] });
    const found = observations(
      questionnaire([{ ...weight, repeats: true, item: [side] }]),
      response([{ linkId: 'w', answer: [below(1, 'left'), below(2, 'right')] }]),
    );
    expect(found.map(({ component }) => component?.[0]?.valueString)).toEqual(['left', 'right']);
  });
});

describe('observationExtractEntry', () => {
  const entry = (url: string, valueString: string) => parts('observationExtractEntry', [{ url, valueString }]);
  const sent = (...extension: ReturnType<typeof entry>[]) =>
    run(
      questionnaire([{ ...weight, extension: [on, ...extension] }], { extension: [ext('extractAllocateId', { valueString: 'newId' })] }),
      response([answered('w', { valueDecimal: 7 })]),
    ).bundle.entry?.[0];

  test('fullUrl, by an id allocated before', () => expect(sent(entry('fullUrl', '%newId'))?.fullUrl).toBe('urn:uuid:id-1'));
  test('resourceId makes it an update, amended', () => {
    expect(sent(entry('resourceId', "'o-' + %resource.id"))).toMatchObject({
      request: { method: 'PUT', url: 'Observation/o-r' },
      resource: { id: 'o-r', status: 'amended' },
    });
  });
  test.each(['ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist'])('%s', (part) => {
    expect(sent(entry(part, "'x=' + answer.value.toString()"))?.request).toMatchObject({ [part]: 'x=7' });
  });
  test('an expression that gives nothing leaves the part out', () => expect(sent(entry('ifNoneExist', '{}'))?.request).not.toHaveProperty('ifNoneExist'));
});

describe('answers about several people', () => {
  const child: QuestionnaireItem = {
    linkId: 'child',
    type: 'group',
    repeats: true,
    item: [{ linkId: 'who', type: 'reference', extension: [ext('isSubject', { valueBoolean: true })] }, weight],
  };
  const about = (reference: string | undefined, value: number) => ({
    linkId: 'child',
    item: [{ linkId: 'who', ...(reference !== undefined && { answer: [{ valueReference: { reference } }] }) }, answered('w', { valueDecimal: value })],
  });

  test('each group keeps its subject', () => {
    const found = observations(questionnaire([child]), response([about('Patient/a', 10), about('Patient/b', 20)]));
    expect(found.map(({ subject, valueQuantity }) => [subject?.reference, valueQuantity?.value])).toEqual([
      ['Patient/a', 10],
      ['Patient/b', 20],
    ]);
  });

  test("where nobody said who, it is never put down to the response's subject", () => {
    const { extracted, issues } = run(questionnaire([child]), response([about(undefined, 10)]));
    expect(extracted).toEqual([]);
    expect(issues[0]?.text).toContain('whose answers these are');
  });
});
