import { describe, expect, test } from '@jest/globals';
import type { FhirResource, MedicationAdministration, MedicationRequest } from 'fhir/r4';
import type { BridgeStatus } from '../../src/exchange/status.ts';
import { historyEntry, lastTreatmentOf, medicineEntry } from '../../src/exchange/timeline-history.ts';
import { createSources } from '../../src/exchange/timeline-source.ts';
import { codeSystem } from '../../src/fhir/names.ts';

const sources = createSources({ hospitals: [] } as unknown as BridgeStatus); // of a status only the hospitals are read
const meta = { tag: [{ system: codeSystem('source'), code: 'North' }] };
const subject = { reference: 'Patient/p' };
const entry = (resource: FhirResource) => historyEntry(resource, sources, () => undefined);

const given = (status: MedicationAdministration['status'], effectiveDateTime: string): MedicationAdministration => ({
  resourceType: 'MedicationAdministration',
  meta,
  status,
  subject,
  effectiveDateTime,
  medicationCodeableConcept: { text: `${status} ${effectiveDateTime}` },
});

const last = (...given: FhirResource[]) =>
  lastTreatmentOf(
    given.flatMap((one) => entry(one) ?? []),
    new Date('2026-11-21T12:00:00Z'),
  )?.title;

describe('the last treatment', () => {
  const done = given('completed', '2026-11-01');
  test.each<[MedicationAdministration['status'], boolean]>([
    ['stopped', true],
    ['on-hold', true],
    ['in-progress', true],
    ['not-done', false],
    ['unknown', false],
    ['entered-in-error', false],
  ])('one that is %s counts: %s', (status, counts) => {
    expect(last(done, given(status, '2026-11-12'))).toBe(counts ? `${status} 2026-11-12` : 'completed 2026-11-01');
  });
  test('one that is still to come does not', () => expect(last(done, given('in-progress', '2026-11-30'))).toBe('completed 2026-11-01'));
});

test('a diagnosis that is not confirmed says so; one that was refuted is not shown', () => {
  const status = (code: string) =>
    entry({
      resourceType: 'Condition',
      subject,
      clinicalStatus: { coding: [{ code: 'active' }] },
      verificationStatus: { coding: [{ code }] },
      code: { text: 'Metastasis' },
    })?.status;
  expect(['confirmed', 'provisional', 'differential', 'refuted'].map(status)).toEqual(['active', 'active, provisional', 'active, differential', undefined]);
});

test('a medicine that is not to be given is not shown as one that is', () => {
  const request: MedicationRequest = {
    resourceType: 'MedicationRequest',
    status: 'active',
    intent: 'order',
    doNotPerform: true,
    subject,
    medicationCodeableConcept: { text: 'Ibuprofen' },
  };
  expect(medicineEntry(request, sources, () => undefined)?.title).toBe('Not to be given: Ibuprofen');
});
