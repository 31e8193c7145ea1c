/** Who may fill in forms in which way, by what they are signed in as. */
import { describe, expect, test } from '@jest/globals';
import type { Permit } from '../../src/access/permit.ts';
import { originFrom, waysFor } from '../../src/web/form/filler.ts';
import { homeFor, patientIn } from '../../src/web/form/list.ts';
import { speechIn } from '../../src/web/form/speech.ts';

const permit = (reference: string | undefined, display = 'Somebody'): Permit => ({
  actor: { display, ...(reference === undefined ? {} : { reference }) },
  everything: reference === undefined,
  grants: [],
});
const filling = (holder: Permit) => ({ patient: 'Patient/p', permit: holder, speech: speechIn('en', 'en'), relatives: [], today: '2026-11-22' });
const fields = (values: Record<string, string>) => new URLSearchParams(values);

describe('the holder of a permit', () => {
  test.each([
    ['Patient/p', ['self']],
    ['RelatedPerson/tom', ['proxy']],
    ['Practitioner/berg', ['phone', 'face', 'paper']],
    ['PractitionerRole/nurse', ['phone', 'face', 'paper']],
    [undefined, ['self', 'proxy', 'phone', 'face', 'paper']],
  ])('as %s fills in forms as %j', (reference, ways) => {
    expect(waysFor(permit(reference))).toEqual(ways);
  });

  test('a patient answers for themselves, whatever the form claims', () => {
    const origin = originFrom(fields({ who: 'phone', actor: 'Nurse Berg' }), filling(permit('Patient/p')));
    expect(origin).toMatchObject({ source: { reference: 'Patient/p' }, author: { reference: 'Patient/p' } });
  });

  test('a relative is named by their sign-in, not by what they type', () => {
    const origin = originFrom(fields({ proxy: 'RelatedPerson/other', 'proxy-name': 'Other' }), filling(permit('RelatedPerson/tom', 'Tom Ellis')));
    expect(origin).toMatchObject({ source: { reference: 'RelatedPerson/tom', display: 'Tom Ellis' }, author: { reference: 'RelatedPerson/tom' } });
  });

  test('staff are the author with their reference; the answers are the patient’s', () => {
    const origin = originFrom(fields({ who: 'face' }), filling(permit('Practitioner/berg', 'Nurse Berg')));
    expect(origin).toMatchObject({ source: { reference: 'Patient/p' }, author: { reference: 'Practitioner/berg', display: 'Nurse Berg' } });
  });

  test('a patient sees their own forms, whatever the address says, and no way to the worklist', () => {
    const request = {
      method: 'GET',
      path: '/form',
      query: new URLSearchParams({ patient: 'other' }),
      headers: {},
      form: new URLSearchParams(),
      files: new Map(),
    } as const;
    expect(patientIn(request, permit('Patient/p'))).toBe('p');
    expect(patientIn(request, permit('Practitioner/berg'))).toBe('other');
    expect([homeFor(permit('Patient/p')), homeFor(permit('RelatedPerson/tom')), homeFor(permit('Practitioner/berg'))]).toEqual([undefined, undefined, '/']);
  });
});
