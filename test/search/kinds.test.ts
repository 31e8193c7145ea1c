import { describe, expect, test } from '@jest/globals';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { ask, finds } from './fixture.ts';

const of = (resourceType: string, fields: object): Resource => ({ resourceType, id: 'x', ...fields });
const observed = (fields: object): Resource => of('Observation', fields);

describe('date: the ranges of https://hl7.org/fhir/R4/search.html#date', () => {
  const at = (effectiveDateTime: string) => observed({ effectiveDateTime });
  const during = (start?: string, end?: string) =>
    observed({ effectivePeriod: { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) } });

  test.each<[string, Resource, boolean]>([
    ['eq2013-01-14', at('2013-01-14T00:00:00Z'), true],
    ['eq2013-01-14', at('2013-01-14T10:00:00Z'), true],
    ['eq2013-01-14', at('2013-01-15T00:00:00Z'), false],
    ['2013-01-14', at('2013-01'), false],
    ['2013', at('2013-01'), true],
    ['ne2013-01-14', at('2013-01-15T00:00:00Z'), true],
    ['ne2013-01-14', at('2013-01-14T00:00:00Z'), false],
    ['ne2013-01-14', at('2013-01-14T10:00:00Z'), false],
    ['lt2013-01-14T10:00', at('2013-01-14'), true],
    ['lt2013-01-14T10:00', during('2013-01-13T12:00:00Z', '2013-01-14T12:00:00Z'), true],
    ['lt2013-01-14T10:00', during('2013-01-14T08:00:00Z', '2013-01-15T08:00:00Z'), true],
    ['lt2013-01-14T10:00', at('2013-01-14T10:00:00Z'), false],
    ['gt2013-01-14T10:00', at('2013-01-14'), true],
    ['gt2013-01-14T10:00', during('2013-01-13T12:00:00Z', '2013-01-14T12:00:00Z'), true],
    ['gt2013-01-14T10:00', during('2013-01-14T12:00:00Z', '2013-01-15T12:00:00Z'), true],
    ['gt2013-01-14', at('2013-01-14T23:59:59Z'), false],
    ['ge2013-03-14', during('2013-01-21'), true],
    ['ge2013-03-14', at('2013-03-14T08:00:00Z'), true],
    ['ge2013-03-14', at('2013-03-13T23:59:59Z'), false],
    ['le2013-03-14', during('2013-01-21'), true],
    ['le2013-03-14', at('2013-03-14T23:00:00Z'), true],
    ['le2013-03-14', at('2013-03-15'), false],
    ['sa2013-03-14', during('2013-03-15'), true],
    ['sa2013-03-14', during('2013-01-21'), false],
    ['sa2013-03-14', during(undefined, '2013-01-21'), false],
    ['eb2013-03-14', during('2013-03-15'), false],
    ['eb2013-03-14', during('2013-01-21'), false],
    ['eb2013-03-14', during(undefined, '2013-01-21'), true],
    ['ap2026-05-31', at('2026-05-31'), true],
    ['ap2026-05-02', at('2026-05-04'), true],
    ['ap2026-05-02', at('2026-05-07'), false],
    ['ap2013-03-14', at('2013-01-21'), true],
    ['ap2013-03-14', at('2015-06-15'), false],
    ['2026-03-01T10:00:00+02:00', at('2026-03-01T08:00:00Z'), true],
    ['2026-03-01T10:00:00 02:00', at('2026-03-01T08:00:00Z'), true],
    ['2026-03-01T10:00:00', at('2026-03-01T10:00:00Z'), true],
    ['2026-03-01', observed({ effectiveTiming: { event: ['2026-02-01', '2026-04-01'] } }), false],
    ['ge2026-03-01', observed({ effectiveTiming: { event: ['2026-02-01', '2026-04-01'] } }), true],
    ['sa2026-01-31', observed({ effectiveTiming: { event: ['2026-02-01', '2026-04-01'] } }), true],
    ['2026-02', observed({ effectiveTiming: { repeat: { boundsPeriod: { start: '2026-02-03', end: '2026-02-20' }, frequency: 2 } } }), true],
  ])('date=%s on %j: %s', (value, resource, expected) => {
    expect(finds(resource, `date=${value}`)).toBe(expected);
  });
});

describe('number and its implicit precision', () => {
  const factor = (factorOverride: unknown) => of('ChargeItem', { factorOverride });
  test.each<[string, number, boolean]>([
    ['100', 99.5, true],
    ['100', 100.49, true],
    ['100', 100.5, false],
    ['100.00', 99.995, true],
    ['100.00', 100.1, false],
    ['1e2', 95, true],
    ['1e2', 105, false],
    ['5.40', 5.395, true],
    ['5.40', 5.405, false],
    ['0', 0.49, true],
    ['-5', -5.4, true],
    ['-5', -5.51, false],
    ['ne100', 99.5, false],
    ['ne100', 101, true],
    ['lt100', 99.99, true],
    ['lt100', 100, false],
    ['le100', 100, true],
    ['le100', 100.01, false],
    ['gt100', 100, false],
    ['gt100', 100.01, true],
    ['ge100', 100, true],
    ['ge100', 99.99, false],
    ['sa100', 100.4, true],
    ['eb100', 99.9, true],
    ['eb100', 100, false],
    ['ap100', 91, true],
    ['ap100', 110, true],
    ['ap100', 111, false],
  ])('factor-override=%s on %d: %s', (value, number, expected) => {
    expect(finds(factor(number), `factor-override=${value}`)).toBe(expected);
  });

  test('a range of probabilities', () => {
    const risk = of('RiskAssessment', { prediction: [{ probabilityRange: { low: { value: 0.2 }, high: { value: 0.6 } } }] });
    expect(finds(risk, 'probability=gt0.5')).toBe(true);
    expect(finds(risk, 'probability=sa0.5')).toBe(false);
    expect(finds(risk, 'probability=0.4')).toBe(false);
  });
});

describe('quantity', () => {
  const UCUM = 'http://unitsofmeasure.org';
  const value = (fields: object) => observed({ valueQuantity: fields });
  const mg = { value: 5.4, unit: 'milligram', system: UCUM, code: 'mg' };
  test.each<[string, object, boolean]>([
    [`5.4|${UCUM}|mg`, mg, true],
    [`5.4|${UCUM}|kg`, mg, false],
    ['5.4|http://other|mg', mg, false],
    ['5.4||mg', mg, true],
    ['5.4||milligram', mg, true],
    ['5.4||gram', mg, false],
    ['5.4', mg, true],
    ['5.40', { ...mg, value: 5.41 }, false],
    ['5.4', { ...mg, value: 5.44 }, true],
    [`5.4|${UCUM}|milligram`, mg, false],
    ['5.4||mg', { value: 5.4, unit: 'mg' }, true],
    [`le5.4|${UCUM}|mg`, mg, true],
    ['ap5', mg, true],
    ['gt6', { ...mg, comparator: '>' }, true],
    ['lt5.4', { ...mg, comparator: '>' }, false],
    ['gt5.4', { ...mg, comparator: '<' }, false],
    ['ge5.4', { ...mg, comparator: '<' }, false],
    ['ge5.4', { ...mg, comparator: '<=' }, true],
    ['lt0', { ...mg, comparator: '<' }, true],
  ])('value-quantity=%s on %j: %s', (text, fields, expected) => {
    expect(finds(value(fields), `value-quantity=${text}`)).toBe(expected);
  });

  test('sampled data reach from the lowest to the highest sample', () => {
    const samples = observed({ valueSampledData: { origin: { value: 10, unit: 'mV' }, period: 1, dimensions: 1, factor: 2, data: '-3 E 4 U L 0' } });
    expect(finds(samples, 'value-quantity=le4||mV')).toBe(true);
    expect(finds(samples, 'value-quantity=ge18')).toBe(true);
    expect(finds(samples, 'value-quantity=gt18')).toBe(false);
  });

  test('money is counted in its currency', () => {
    const invoice = of('Invoice', { totalNet: { value: 12.5, currency: 'NOK' } });
    expect(finds(invoice, 'totalnet=12.5|urn:iso:std:iso:4217|NOK')).toBe(true);
    expect(finds(invoice, 'totalnet=12.5||EUR')).toBe(false);
  });

  test('an age in a range', () => {
    const condition = of('Condition', { onsetRange: { low: { value: 40, code: 'a' }, high: { value: 50, code: 'a' } } });
    expect(finds(condition, 'onset-age=gt45||a')).toBe(true);
    expect(finds(condition, 'onset-age=gt50||a')).toBe(false);
  });
});

describe('token', () => {
  const concept = observed({ code: { coding: [{ system: 'http://loinc.org', code: '44261-6' }, { code: 'phq|9' }], text: 'PHQ-9' }, status: 'final' });
  test.each<[string, boolean]>([
    ['code=44261-6', true],
    ['code=http://loinc.org|44261-6', true],
    ['code=http://loinc.org|', true],
    ['code=|44261-6', false],
    ['code=http://other|44261-6', false],
    ['code=phq\\|9', true],
    ['code=|phq\\|9', true],
    ['code=PHQ-9', false],
    ['code=other,44261-6', true],
    ['code:not=44261-6', false],
    ['code:not=other', true],
    ['code:not=other,44261-6', false],
    ['category:not=survey', true],
    ['category:missing=true', true],
    ['code:missing=true', false],
    ['code:missing=false', true],
    ['status=final', true],
    ['status=|final', true],
    ['status=http://hl7.org/fhir/observation-status|final', true],
    ['status=http://hl7.org/fhir/observation-status|', true],
    ['status=http://hl7.org/fhir/flag-status|final', false],
    ['_id=x', true],
    ['_id=y,x', true],
  ])('%s: %s', (query, expected) => {
    expect(finds(concept, query)).toBe(expected);
  });

  const patient = of('Patient', {
    active: true,
    deceasedDateTime: '2026-01-01',
    identifier: [{ system: 'urn:mrn', value: 'A,1', type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] } }],
    telecom: [
      { system: 'phone', value: '+47 (12) 34-56 78' },
      { system: 'email', value: 'Ada@Example.org' },
    ],
  });
  test.each<[string, boolean]>([
    ['active=true', true],
    ['active=false', false],
    ['deceased=true', true],
    ['identifier=urn:mrn|A\\,1', true],
    ['identifier=a\\,1', false],
    ['identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|A\\,1', true],
    ['identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|A\\,1', false],
    ['phone=+4712345678', true],
    ['phone=ada@example.org', false],
    ['email=ada@EXAMPLE.org', true],
    ['telecom=email|ada@example.org', true],
  ])('%s: %s', (query, expected) => {
    expect(finds(patient, query)).toBe(expected);
  });
});

describe('string', () => {
  const patient = of('Patient', {
    name: [{ family: 'Løvås-Müller', given: ['José  Ángel', 'Żaneta'], prefix: ['Dr'], text: 'Dr José Løvås' }, { text: '王小明' }],
    address: [{ line: ['Storgata 1'], city: 'Tromsø', postalCode: '9008', country: 'NO' }],
  });
  test.each<[string, boolean]>([
    ['family=løvas', true],
    ['family=LØVÅS-MULLER', true],
    ['family=muller', true],
    ['family=ller', false],
    ['family:contains=muller', true],
    ['family:exact=Løvås-Müller', true],
    ['family:exact=løvås-müller', false],
    ['given=jose angel', true],
    ['given=zaneta', true],
    ['name=dr', true],
    ['name=王小', true],
    ['name:contains=小明', true],
    ['name=明', true],
    ['name:missing=true', false],
    ['address=tromsø', true],
    ['address=storgata', true],
    ['address-city=Tromsø', true],
    ['address-postalcode=9008', true],
    ['name=nobody,jos', true],
  ])('%s: %s', (query, expected) => {
    expect(finds(patient, query)).toBe(expected);
  });

  test('Japanese voicing makes another letter', () => {
    const named = of('Patient', { name: [{ family: 'ガルシア' }] });
    expect(finds(named, 'family=ガル')).toBe(true);
    expect(finds(named, 'family=ｶﾞﾙ')).toBe(true);
    expect(finds(named, 'family=カル')).toBe(false);
  });
});

describe('reference', () => {
  const observation = observed({
    subject: { reference: 'Patient/7' },
    performer: [{ reference: 'http://far.example/fhir/Practitioner/9' }, { reference: 'http://here.example/fhir/Organization/3' }, { reference: '#inner' }],
    encounter: { identifier: { system: 'urn:visit', value: '42' } },
    derivedFrom: [{ reference: 'QuestionnaireResponse/1/_history/2' }],
  });
  test.each<[string, boolean]>([
    ['subject=Patient/7', true],
    ['subject=7', true],
    ['subject:Patient=7', true],
    ['subject:Group=7', false],
    ['patient=7', true],
    ['patient=Patient/7', true],
    ['patient=Patient/70', false],
    ['subject=http://here.example/fhir/Patient/7', true],
    ['subject=http://far.example/fhir/Patient/7', false],
    ['performer=http://far.example/fhir/Practitioner/9', true],
    ['performer=Practitioner/9', false],
    ['performer=9', false],
    ['performer=Organization/3', true],
    ['performer=inner', false],
    ['derived-from=QuestionnaireResponse/1', true],
    ['derived-from=QuestionnaireResponse/1/_history/2', true],
    ['derived-from=QuestionnaireResponse/1/_history/3', false],
    ['encounter:identifier=urn:visit|42', true],
    ['encounter:identifier=urn:visit|43', false],
    ['encounter:missing=false', true],
    ['encounter:missing=true', false],
    ['specimen:missing=true', true],
  ])('%s: %s', (query, expected) => {
    expect(finds(observation, query)).toBe(expected);
  });

  const response = of('QuestionnaireResponse', { questionnaire: 'http://q.example/phq-9|1.2' });
  test.each<[string, boolean]>([
    ['questionnaire=http://q.example/phq-9', true],
    ['questionnaire=http://q.example/phq-9\\|1.2', true],
    ['questionnaire=http://q.example/phq-9|1.2', true],
    ['questionnaire=http://q.example/phq-9|1.3', false],
    ['questionnaire=http://q.example/phq', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(response, query)).toBe(expected);
  });

  test('only the references to patients count as the patient', () => {
    expect(finds(observed({ subject: { reference: 'Group/7' } }), 'patient=7')).toBe(false);
    expect(finds(observed({ subject: { reference: 'Group/7' } }), 'patient:missing=true')).toBe(true);
  });
});

describe('uri', () => {
  const questionnaire = of('Questionnaire', { url: 'http://q.example/fhir/Questionnaire/phq-9' });
  test.each<[string, boolean]>([
    ['url=http://q.example/fhir/Questionnaire/phq-9', true],
    ['url=http://q.example/fhir/Questionnaire/PHQ-9', false],
    ['url=http://q.example/fhir', false],
    ['url:below=http://q.example/fhir', true],
    ['url:below=http://q.example/fhir/', true],
    ['url:below=http://q.example/fh', false],
    ['url:above=http://q.example/fhir/Questionnaire/phq-9/_history/5', true],
    ['url:above=http://q.example/fhir', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(questionnaire, query)).toBe(expected);
  });
});

describe('composite', () => {
  const pressure = observed({
    code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] },
    component: [
      { code: { coding: [{ code: 'systolic' }] }, valueQuantity: { value: 140, unit: 'mmHg' } },
      { code: { coding: [{ code: 'diastolic' }] }, valueQuantity: { value: 80, unit: 'mmHg' } },
    ],
  });
  test.each<[string, boolean]>([
    ['component-code-value-quantity=systolic$gt130', true],
    ['component-code-value-quantity=diastolic$gt130', false],
    ['component-code-value-quantity=diastolic$80||mmHg', true],
    ['combo-code-value-quantity=systolic$140', true],
    ['code-value-quantity=http://loinc.org|85354-9$gt1', false],
    ['component-code-value-quantity=diastolic$gt130,systolic$140', true],
  ])('%s: %s', (query, expected) => {
    expect(finds(pressure, query)).toBe(expected);
  });

  test('a part may come from the resource around the occurrence', () => {
    const sequence = of('MolecularSequence', { referenceSeq: { chromosome: { coding: [{ code: '1' }] } }, variant: [{ start: 5, end: 9 }] });
    expect(finds(sequence, 'chromosome-variant-coordinate=1$gt4$lt10')).toBe(true);
    expect(finds(sequence, 'chromosome-variant-coordinate=2$gt4$lt10')).toBe(false);
  });
});

describe('values that cannot be are refused with what would be right', () => {
  test.each([
    ['Observation', 'date=2026-02-30', /2026-03-31/],
    ['Observation', 'date=xx2026', /prefixes are eq, ne/],
    ['Observation', 'date=yesterday', /prefixes are/],
    ['Observation', 'date=', /has no value/],
    ['Observation', 'date:exact=2026', /has no modifier 'exact'/],
    ['ChargeItem', 'factor-override=1.', /a number is written as/],
    ['ChargeItem', 'factor-override=.5', /a number is written as/],
    ['ChargeItem', 'factor-override=1e999', /a number is written as/],
    ['ChargeItem', 'factor-override=NaN', /prefixes are/],
    ['ChargeItem', `factor-override=${'9'.repeat(41)}`, /a number is written as/],
    ['Observation', 'value-quantity=5|mg', /number, system, code/],
    ['Observation', 'code=a|b|c', /more than one/],
    ['Observation', 'code=|', /neither a system nor a code/],
    ['Observation', 'code=a,,b', /empty value/],
    ['Observation', 'status:text=pain', /has no modifier 'text'.*missing, above, below, in, not/],
    ['Observation', 'code:in=http://vs', /not known here/],
    ['Observation', 'code:missing=yes', /true or false/],
    ['Patient', 'active=yes', /true or false/],
    ['Patient', 'name= ', /no letter or digit/],
    ['Patient', 'identifier:of-type=MR|5', /system\|code\|value/],
    ['Observation', 'subject=Patient/', /a reference is written as/],
    ['Observation', 'subject=Foo/7', /'Foo' is not a resource type/],
    ['Observation', 'subject:Group=Patient/7', /asks for a Group/],
    ['Observation', 'subject:Medication=7', /has no modifier 'Medication'.*Patient/],
    ['Observation', 'code-value-quantity=a', /code\$value-quantity are expected/],
  ])('%s?%s', (type, query, message) => {
    expect(() => ask(type, query)).toThrow(FhirError);
    expect(() => ask(type, query)).toThrow(message);
  });
});
