import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { localRef, parseReference, referencesIn } from '../../src/fhir/reference.ts';

describe('parseReference', () => {
  test.each([
    ['Patient/7', { kind: 'relative', type: 'Patient', id: '7' }],
    ['Patient/7/_history/2', { kind: 'relative', type: 'Patient', id: '7', version: '2' }],
    ['https://a.example/fhir/Patient/7', { kind: 'absolute', base: 'https://a.example/fhir', type: 'Patient', id: '7' }],
    ['http://a.example/Patient/7', { kind: 'absolute', base: 'http://a.example', type: 'Patient', id: '7' }],
    ['https://a.example/x/fhir/Patient/7/_history/3', { kind: 'absolute', base: 'https://a.example/x/fhir', type: 'Patient', id: '7', version: '3' }],
    ['urn:uuid:0f1d2c3b-0000-4000-8000-000000000000', { kind: 'urn', urn: 'urn:uuid:0f1d2c3b-0000-4000-8000-000000000000' }],
    ['urn:oid:1.2.3', { kind: 'urn', urn: 'urn:oid:1.2.3' }],
    ['#med', { kind: 'contained', id: 'med' }],
    ['#', { kind: 'contained', id: '' }],
    ['Patient?identifier=http://x|1', { kind: 'conditional', type: 'Patient', query: 'identifier=http://x|1' }],
    ['http://a.example/fhir/Questionnaire/phq-9|1.0.0', { kind: 'url', url: 'http://a.example/fhir/Questionnaire/phq-9', version: '1.0.0' }],
    ['https://a.example/something', { kind: 'url', url: 'https://a.example/something' }],
    ['mailto:a@b.example', { kind: 'url', url: 'mailto:a@b.example' }],
    ['ftp://a.example/Patient/7', { kind: 'url', url: 'ftp://a.example/Patient/7' }],
    ...[
      '',
      'Patient',
      'patient/7',
      'Patient/',
      'Patient/a b',
      '/Patient/7',
      'Patient/7/8',
      '#a b',
      'urn:',
      'Patient?',
      `Patient/${'x'.repeat(65)}`,
      'x/Patient/7',
      'http://a b/Patient/7',
    ].map((text) => [text, { kind: 'malformed' }] as const),
  ])('%s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string({ maxLength: 80 }), (text) => typeof parseReference(text).kind === 'string'));
  });
});

test('localRef takes this server’s own absolute references and no other’s', () => {
  expect(localRef('Patient/7/_history/2')).toBe('Patient/7');
  expect(localRef('http://me.example/fhir/Patient/7', 'http://me.example/fhir')).toBe('Patient/7');
  expect(localRef('http://me.example/fhir.evil/Patient/7', 'http://me.example/fhir')).toBeUndefined();
  expect(localRef('urn:uuid:1', 'http://me.example/fhir')).toBeUndefined();
});

const observation = {
  resourceType: 'Observation',
  subject: { reference: 'urn:uuid:p' },
  performer: [{ display: 'x' }, { reference: 'Practitioner/1' }],
  contained: [{ resourceType: 'Provenance', target: [{ reference: '#' }] }],
  code: { text: 'reference' },
};

test('referencesIn names each with its place', () => {
  expect(referencesIn(observation)).toEqual([
    { text: 'urn:uuid:p', expression: 'Observation.subject' },
    { text: 'Practitioner/1', expression: 'Observation.performer[1]' },
    { text: '#', expression: 'Observation.contained[0].target[0]' },
  ]);
});
