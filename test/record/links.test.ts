import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createLinks } from '../../src/record/links.ts';

const PATIENT = 'urn:uuid:5b7f0f6e-6f0e-4d3e-9d0e-0d3f8f6f0001';
const registry = loadRegistry();
const OTHER = 'urn:uuid:5b7f0f6e-6f0e-4d3e-9d0e-0d3f8f6f0002';

function rewrite(resource: Resource, fullUrl?: string): Resource {
  const links = createLinks(registry);
  links.add(PATIENT, 'Patient/1');
  links.add('https://a.example/fhir/Patient/old', 'Patient/2');
  return links.rewrite(resource, fullUrl, new Map([['Patient?identifier=x|1', 'Patient/3']]));
}

describe('links between the entries of a transaction', () => {
  test('references at any depth, in contained resources too', () => {
    const carePlan = {
      resourceType: 'CarePlan',
      subject: { reference: PATIENT },
      contained: [{ resourceType: 'Goal', id: 'g', subject: { reference: PATIENT } }],
      activity: [{ detail: { performer: [{ reference: PATIENT }, { reference: OTHER }] } }],
      goal: [{ reference: '#g' }],
    };
    expect(rewrite(carePlan)).toEqual({
      ...carePlan,
      subject: { reference: 'Patient/1' },
      contained: [{ resourceType: 'Goal', id: 'g', subject: { reference: 'Patient/1' } }],
      activity: [{ detail: { performer: [{ reference: 'Patient/1' }, { reference: OTHER }] } }],
    });
  });

  test('a conditional reference becomes what it found', () => {
    const resource = { resourceType: 'Observation', subject: { reference: 'Patient?identifier=x|1' } };
    expect(rewrite(resource).subject).toEqual({ reference: 'Patient/3' });
  });

  test('a relative reference is relative to the fullUrl of its own entry', () => {
    const resource = { resourceType: 'Observation', subject: { reference: 'Patient/old' } };
    expect(rewrite(resource, 'https://a.example/fhir/Observation/9').subject).toEqual({ reference: 'Patient/2' });
    expect(rewrite(resource, 'https://b.example/fhir/Observation/9')).toBe(resource);
    expect(rewrite(resource)).toBe(resource);
  });

  test('absolute and versioned references to an entry', () => {
    const resource = { resourceType: 'Observation', subject: { reference: 'https://a.example/fhir/Patient/old/_history/4' } };
    expect(rewrite(resource).subject).toEqual({ reference: 'Patient/2' });
  });

  test('URLs, and links of the narrative', () => {
    const resource = {
      resourceType: 'DocumentReference',
      text: { status: 'generated', div: `<div><a href="${PATIENT}">her</a> <img src='${PATIENT}'/> ${PATIENT}</div>` },
      content: [{ attachment: { url: PATIENT } }],
    };
    expect(rewrite(resource)).toEqual({
      ...resource,
      text: { status: 'generated', div: `<div><a href="Patient/1">her</a> <img src='Patient/1'/> ${PATIENT}</div>` },
      content: [{ attachment: { url: 'Patient/1' } }],
    });
  });

  test('an identifier that looks like an entry is none', () => {
    const resource = { resourceType: 'Patient', identifier: [{ system: 'urn:ietf:rfc:3986', value: PATIENT }] };
    expect(rewrite(resource)).toBe(resource);
  });
});
