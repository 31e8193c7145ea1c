import { describe, expect, test } from '@jest/globals';
import { parseResource, printJson } from '../../src/fhir/json.ts';
import { parseJsonPatch, parseMergePatch } from '../../src/fhir/json-patch.ts';
import type { FhirError } from '../../src/fhir/outcome.ts';

const OBSERVATION = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50,"unit":"mg"},"note":[{"text":"a"},{"text":"b"}]}';
const patched = (operations: string, text = OBSERVATION): string => printJson(parseJsonPatch(operations)(parseResource(text)));
const merged = (patch: string): string => printJson(parseMergePatch(patch)(parseResource(OBSERVATION)));

function refusal(run: () => unknown): FhirError {
  try {
    run();
  } catch (error) {
    return error as FhirError;
  }
  throw new Error('was not refused');
}

describe('JSON Patch', () => {
  test.each([
    ['replace', '[{"op":"replace","path":"/status","value":"amended"}]', '"status":"amended"'],
    ['replace a number, as it is written', '[{"op":"replace","path":"/valueQuantity/value","value":2.500}]', '"value":2.500'],
    ['add at the end', '[{"op":"add","path":"/note/-","value":{"text":"c"}}]', '"note":[{"text":"a"},{"text":"b"},{"text":"c"}]'],
    ['add in between', '[{"op":"add","path":"/note/1","value":{"text":"c"}}]', '"note":[{"text":"a"},{"text":"c"},{"text":"b"}]'],
    ['move', '[{"op":"move","from":"/note/1","path":"/note/0"}]', '"note":[{"text":"b"},{"text":"a"}]'],
    ['copy a number', '[{"op":"copy","from":"/valueQuantity","path":"/referenceRange"}]', '"referenceRange":{"value":1.50,"unit":"mg"}'],
    ['test a number by its value', '[{"op":"test","path":"/valueQuantity/value","value":1.5}]', '"value":1.50'],
    ['remove the last of a list', '[{"op":"remove","path":"/note/0"},{"op":"remove","path":"/note/0"}]', '"unit":"mg"}}'],
  ])('%s', (_, operations, expected) => {
    expect(patched(operations)).toContain(expected);
  });

  test('what is not touched stays as it was written', () => {
    expect(patched('[]')).toBe(OBSERVATION);
  });

  test.each([
    ['no list', '{}', 'bad-request', 'list of operations'],
    ['an unknown op', '[{"op":"delete","path":"/status"}]', 'bad-request', 'delete'],
    ['no path', '[{"op":"remove"}]', 'bad-request', 'JSON pointer'],
    ['a path without a slash', '[{"op":"remove","path":"status"}]', 'bad-request', '"status"'],
    ['a broken escape', '[{"op":"remove","path":"/a~2"}]', 'bad-request', '/a~2'],
    ['no value', '[{"op":"add","path":"/status"}]', 'bad-request', 'no value'],
    ['nothing there to remove', '[{"op":"remove","path":"/issued"}]', 'invalid', '"/issued"'],
    ['nothing there to replace', '[{"op":"replace","path":"/note/7/text","value":"x"}]', 'invalid', 'nothing at \\"7\\"'],
    ['an index beyond the end', '[{"op":"add","path":"/note/3","value":{}}]', 'invalid', '0 to 2'],
    ['an index with a leading zero', '[{"op":"replace","path":"/note/01","value":{}}]', 'invalid', '01'],
    ['the length of a list', '[{"op":"replace","path":"/note/length","value":0}]', 'invalid', 'length'],
    ['through a text', '[{"op":"add","path":"/status/0","value":"x"}]', 'invalid', 'single value'],
    ['a prototype', '[{"op":"add","path":"/constructor","value":{}}]', 'invalid', 'constructor'],
    ['through a prototype', '[{"op":"replace","path":"/constructor/name","value":"x"}]', 'invalid', 'nothing at'],
    ['the whole', '[{"op":"replace","path":"","value":{}}]', 'invalid', 'PUT'],
    ['into itself', '[{"op":"move","from":"/note","path":"/note/0"}]', 'invalid', '/note/0'],
    ['a test that fails', '[{"op":"test","path":"/status","value":"amended"}]', 'invalid', '"final", not "amended"'],
  ])('%s is refused, by name', (_, operations, fault, words) => {
    const error = refusal(() => patched(operations));
    expect([error.fault, error.message.replaceAll('\\', '')]).toEqual([fault, expect.stringContaining(words.replaceAll('\\', ''))]);
    if (fault === 'invalid') expect(error.message).toMatch(/Operation 0 of the patch/);
  });

  test('copies that double the resource each time end soon', () => {
    const start = '{"op":"add","path":"/x","value":{"a":"0123456789"}}';
    const doubling = Array.from({ length: 40 }, (_, n) => `{"op":"copy","from":"/x","path":"/x/k${n}"}`);
    expect(refusal(() => patched(`[${[start, ...doubling].join(',')}]`)).fault).toBe('too-costly');
  });
});

describe('merge patch', () => {
  test('sets, takes away, and keeps the rest as written', () => {
    const text = merged('{"status":"amended","note":null,"valueQuantity":{"unit":"g"},"code":{"text":"x","coding":null}}');
    expect(text).toBe('{"resourceType":"Observation","status":"amended","valueQuantity":{"value":1.50,"unit":"g"},"code":{"text":"x"}}');
  });

  test('numbers as they are written', () => {
    expect(merged('{"valueQuantity":{"value":0.10}}')).toContain('"value":0.10');
  });

  test('a list is refused', () => {
    expect(refusal(() => merged('[]')).fault).toBe('bad-request');
  });
});
