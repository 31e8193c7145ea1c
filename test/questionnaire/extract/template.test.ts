import { describe, expect, test } from '@jest/globals';
import type { Extension, FhirResource, QuestionnaireItem } from 'fhir/r4';
import { ext, faults, parts, questionnaire, refusal, resources, response, run } from './fixture.ts';

const context = (valueString: string): { extension: Extension[] } => ({ extension: [ext('templateExtractContext', { valueString })] });
const set = (valueString: string): { extension: Extension[] } => ({ extension: [ext('templateExtractValue', { valueString })] });
const use = (id: string, ...more: Extension[]): Extension => parts('templateExtract', [{ url: 'template', valueReference: { reference: `#${id}` } }, ...more]);
const text = (linkId: string, more: Partial<QuestionnaireItem> = {}): QuestionnaireItem => ({ linkId, type: 'string', ...more });
const answered = (linkId: string, ...values: string[]) => ({ linkId, answer: values.map((valueString) => ({ valueString })) });
const answer = (linkId: string): string => `item.where(linkId='${linkId}').answer.value`;

/** What a Patient template becomes, with given names a, b and the family name f answered. */
function patient(template: object, answers = [answered('g', 'a', 'b'), answered('f', 'F')]): unknown[] {
  const form = questionnaire([text('g', { repeats: true }), text('f'), text('x')], {
    contained: [{ resourceType: 'Patient', id: 't', ...template } as FhirResource],
    extension: [use('t')],
  });
  const { bundle } = run(form, response(answers));
  expect(faults(bundle)).toEqual([]);
  return resources(bundle);
}

describe('values', () => {
  test('what is not marked stays; the id of the template is dropped', () => {
    expect(patient({ active: true, name: [{ use: 'usual', text: 'N' }] })).toEqual([
      { resourceType: 'Patient', active: true, name: [{ use: 'usual', text: 'N' }] },
    ]);
  });

  test('a primitive is replaced', () => {
    expect(patient({ gender: 'unknown', _gender: set("'female'") })).toEqual([{ resourceType: 'Patient', gender: 'female' }]);
    expect(patient({ name: [{ _family: set(answer('f')) }] })).toEqual([{ resourceType: 'Patient', name: [{ family: 'F' }] }]);
  });

  test('false and 0 are values', () => {
    expect(patient({ _active: set('false'), _multipleBirthInteger: set('0') })).toEqual([{ resourceType: 'Patient', active: false, multipleBirthInteger: 0 }]);
  });

  test('other extensions of a primitive stay', () => {
    const other = { url: 'http://other', valueBoolean: true };
    expect(patient({ name: [{ _family: { extension: [...set(answer('f')).extension, other] } }] })).toEqual([
      { resourceType: 'Patient', name: [{ family: 'F', _family: { extension: [other] } }] },
    ]);
  });

  test('several values in a list: a clone for each', () => {
    expect(patient({ name: [{ _given: [set(answer('g'))] }] })).toEqual([{ resourceType: 'Patient', name: [{ given: ['a', 'b'] }] }]);
    expect(patient({ name: [{ given: ['first'], _given: [null, set(answer('g'))] }] })).toEqual([
      { resourceType: 'Patient', name: [{ given: ['first', 'a', 'b'] }] },
    ]);
  });

  test('several values where one is taken: the first, which is told', () => {
    const form = questionnaire([text('g', { repeats: true })], {
      contained: [{ resourceType: 'Patient', id: 't', name: [{ _family: set(answer('g')) }] } as FhirResource],
      extension: [use('t')],
    });
    const { bundle, issues } = run(form, response([answered('g', 'a', 'b')]));
    expect(resources(bundle)).toEqual([{ resourceType: 'Patient', name: [{ family: 'a' }] }]);
    expect(issues[0]).toMatchObject({ severity: 'warning', text: expect.stringContaining("'family'") });
  });

  test('an element of several parts is replaced as a whole', () => {
    expect(patient({ generalPractitioner: [set('%resource.author')], maritalStatus: { coding: [set('%resource.subject.reference')] } })).toEqual([
      { resourceType: 'Patient', generalPractitioner: [{ reference: 'Practitioner/a' }], maritalStatus: { coding: [{ code: 'Patient/p' }] } },
    ]);
  });

  test('a value of another type becomes the one that is needed, or is refused', () => {
    expect(patient({ _birthDate: set('%resource.authored') })).toEqual([{ resourceType: 'Patient', birthDate: '2026-03-01' }]);
    const form = questionnaire([], { contained: [{ resourceType: 'Patient', id: 't', _birthDate: set('true') } as FhirResource], extension: [use('t')] });
    expect(refusal(form, response([]))[0]?.text).toContain('type boolean where date is needed');
  });
});

describe('nothing', () => {
  test('takes a primitive away, its default too', () =>
    expect(patient({ active: true, gender: 'unknown', _gender: set(answer('x')) })).toEqual([{ resourceType: 'Patient', active: true }]));
  test('takes one of a list away, and leaves the others', () => {
    expect(patient({ name: [{ ...context(answer('x')), text: 'gone' }, { text: 'kept' }] })).toEqual([{ resourceType: 'Patient', name: [{ text: 'kept' }] }]);
  });
  test('takes what is left empty away', () =>
    expect(patient({ active: true, name: [{ _family: set(answer('x')) }] })).toEqual([{ resourceType: 'Patient', active: true }]));
  test('as context of the resource: no resource', () => expect(patient(context(answer('x')))).toEqual([]));
});

describe('contexts', () => {
  test('one of several results: a clone for each, from which its values go on', () => {
    expect(patient({ telecom: [{ ...context(answer('g')), system: 'phone', _value: set('$this') }] })).toEqual([
      {
        resourceType: 'Patient',
        telecom: [
          { system: 'phone', value: 'a' },
          { system: 'phone', value: 'b' },
        ],
      },
    ]);
  });

  test('with a name they are a variable', () => {
    const named = { extension: [ext('templateExtractContext', { valueExpression: { language: 'text/fhirpath', name: 'given', expression: answer('g') } })] };
    expect(patient({ name: [{ ...named, _text: set(`%given + ' ' + %resource.${answer('f')}`) }] })).toEqual([
      { resourceType: 'Patient', name: [{ text: 'a F' }, { text: 'b F' }] },
    ]);
  });

  test('context and value on one element: the value goes on from the context', () => {
    const both = { extension: [...context(answer('g')).extension, ...set("$this + '!'").extension] };
    expect(patient({ name: [{ _given: [both] }] })).toEqual([{ resourceType: 'Patient', name: [{ given: ['a!', 'b!'] }] }]);
  });

  test('contexts that multiply end early', () => {
    const every = context('%resource.descendants()');
    const template = { ...every, contact: [{ ...every, telecom: [{ ...every, _value: set("'x'") }] }] };
    const answers = [answered('g', ...Array.from({ length: 30 }, (_, at) => `v${at}`))];
    expect(() => patient(template, answers)).toThrow('more than 10000 elements');
  });

  test('of the resource: a resource for each', () => {
    expect(patient({ ...context(answer('g')), name: [{ _text: set('$this') }] })).toEqual([
      { resourceType: 'Patient', name: [{ text: 'a' }] },
      { resourceType: 'Patient', name: [{ text: 'b' }] },
    ]);
  });
});

describe('templateExtract', () => {
  const related = { resourceType: 'RelatedPerson', id: 't', patient: { reference: 'Patient/x', _reference: set('%pid') }, name: [{ _text: set(answer('n')) }] };
  const form = (...more: Extension[]) =>
    questionnaire([{ linkId: 'c', type: 'group', repeats: true, extension: [use('t', ...more)], item: [text('n')] }], {
      contained: [related as unknown as FhirResource],
      extension: [ext('extractAllocateId', { valueString: 'pid' })],
    });
  const answers = response([{ linkId: 'c', item: [answered('n', 'A')] }, { linkId: 'c' }, { linkId: 'c', item: [answered('n', 'B')] }]);

  test('on a group: for each repetition that was answered, from its item on', () => {
    const { bundle } = run(form(), answers);
    expect(resources(bundle)).toMatchObject([{ name: [{ text: 'A' }], patient: { reference: 'urn:uuid:id-1' } }, { name: [{ text: 'B' }] }]);
    expect(bundle.entry?.[0]?.request).toEqual({ method: 'POST', url: 'RelatedPerson' });
    expect(faults(bundle)).toEqual([]);
  });

  test('resourceId makes it an update', () => {
    expect(run(form({ url: 'resourceId', valueString: "'r-' + item.answer.value" }), answers).bundle.entry?.[0]).toMatchObject({
      request: { method: 'PUT', url: 'RelatedPerson/r-A' },
      resource: { id: 'r-A' },
    });
  });

  test('fullUrl', () => expect(run(form({ url: 'fullUrl', valueString: '%pid' }), answers).bundle.entry?.[0]?.fullUrl).toBe('urn:uuid:id-1'));
  test.each(['ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist'])('%s', (url) => {
    expect(run(form({ url, valueString: "'v=' + item.answer.value" }), answers).bundle.entry?.[0]?.request).toMatchObject({ [url]: 'v=A' });
  });

  test('a template that is not there is refused', () => {
    expect(refusal(questionnaire([], { extension: [use('gone')] }), response([]))[0]?.text).toContain('"#gone" is not contained');
  });

  test('another language is refused', () => {
    const cql = { extension: [ext('templateExtractValue', { valueExpression: { language: 'text/cql', expression: 'x' } })] };
    const contained = [{ resourceType: 'Patient', id: 't', _birthDate: cql } as FhirResource];
    expect(refusal(questionnaire([], { contained, extension: [use('t')] }), response([]))[0]?.text).toContain('text/cql');
  });
});

describe('templateExtractBundle', () => {
  const bundle = {
    resourceType: 'Bundle',
    id: 'b',
    type: 'transaction',
    entry: [
      { fullUrl: 'urn:uuid:1', resource: { resourceType: 'Patient', name: [{ _text: set(answer('f')) }] }, request: { method: 'POST', url: 'Patient' } },
      {
        ...context("item.where(linkId='c')"),
        resource: { resourceType: 'RelatedPerson', patient: { reference: 'urn:uuid:1' }, name: [{ _text: set(answer('n')) }] },
        request: { method: 'POST', url: 'RelatedPerson' },
      },
    ],
  };
  const form = questionnaire([text('f'), { linkId: 'c', type: 'group', repeats: true, item: [text('n')] }], {
    contained: [bundle as unknown as FhirResource],
    extension: [ext('templateExtractBundle', { valueReference: { reference: '#b' } })],
  });

  test('an entry for each result of its context; references among them as written', () => {
    const found = run(form, response([answered('f', 'F'), { linkId: 'c', item: [answered('n', 'A')] }, { linkId: 'c', item: [answered('n', 'B')] }])).bundle;
    expect(found.entry?.map(({ resource }) => (resource as { name?: { text?: string }[] }).name?.[0]?.text)).toEqual(['F', 'A', 'B']);
    expect(found.entry?.[0]?.fullUrl).toBe('urn:uuid:1');
    expect(new Set(found.entry?.map(({ fullUrl }) => fullUrl)).size).toBe(3);
    expect(JSON.stringify(found)).not.toContain('templateExtract');
    expect(faults(found)).toEqual([]);
  });
});
