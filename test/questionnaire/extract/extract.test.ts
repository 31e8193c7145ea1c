import { describe, expect, test } from '@jest/globals';
import { FhirError } from '../../../src/fhir/outcome.ts';
import { ext, loinc, on, questionnaire, refusal, response, run } from './fixture.ts';

const weight = { linkId: 'w', type: 'decimal' as const, code: [loinc('29463-7')], extension: [on] };
const answers = [{ linkId: 'w', answer: [{ valueDecimal: 70 }] }];

describe('$extract', () => {
  test('nothing to extract is no fault: it is said, and why', () => {
    expect(run(questionnaire([weight]), response([]))).toMatchObject({
      extracted: [],
      issues: [{ severity: 'warning', text: expect.stringContaining('is answered') }],
    });
    expect(run(questionnaire([]), response([])).issues[0]?.text).toContain('does not say what its answers lead to');
  });

  test.each(['in-progress', 'stopped'] as const)('an answer that is %s is extracted with a warning', (status) => {
    const { extracted, issues } = run(questionnaire([weight]), response(answers, { status }));
    expect(extracted).toHaveLength(1);
    expect(issues[0]?.text).toContain(status);
  });

  test('one entered in error is refused', () => {
    expect(() => run(questionnaire([weight]), response(answers, { status: 'entered-in-error' }))).toThrow(FhirError);
  });

  test('a StructureMap is refused, or left out where there is another way', () => {
    const map = ext('targetStructureMap', { valueCanonical: 'http://map' });
    expect(refusal(questionnaire([], { extension: [map] }), response([]))).toMatchObject([
      { code: 'not-supported', text: expect.stringContaining('StructureMaps') },
    ]);
    const { extracted, issues } = run(questionnaire([weight], { extension: [map] }), response(answers));
    expect(extracted).toHaveLength(1);
    expect(issues[0]?.code).toBe('not-supported');
  });

  test('what is not enabled leads to nothing', () => {
    const hidden = { ...weight, enableWhen: [{ question: 'ask', operator: '=' as const, answerBoolean: true }] };
    const form = questionnaire([{ linkId: 'ask', type: 'boolean' }, hidden]);
    const asked = (valueBoolean: boolean) => run(form, response([{ linkId: 'ask', answer: [{ valueBoolean }] }, ...answers])).extracted.length;
    expect([asked(false), asked(true)]).toEqual([0, 1]);
  });

  test('items that the questionnaire does not have lead to nothing', () => {
    expect(run(questionnaire([weight]), response([{ linkId: 'constructor', answer: [{ valueDecimal: 1 }] }])).extracted).toEqual([]);
  });

  test('the key of what is extracted is the same for the same question in another version', () => {
    const first = run(questionnaire([weight]), response(answers));
    const second = run(questionnaire([weight]), response([{ linkId: 'w', answer: [{ valueDecimal: 71 }] }], { status: 'amended' }));
    expect(second.extracted.map(({ key }) => key)).toEqual(first.extracted.map(({ key }) => key));
  });
});
