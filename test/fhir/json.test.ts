import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keepNumbers, parseJson, parseResource, printJson } from '../../src/fhir/json.ts';
import { FhirError } from '../../src/fhir/outcome.ts';

function refusal(text: string): string {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof FhirError && error.fault === 'bad-json') return error.message;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('broken text', () => {
  test.each([
    ['', 'line 1, column 1: expected a value'],
    ['{', 'line 1, column 2: expected a key in double quotes, but found the end of the text'],
    ['{"a":1,}', 'line 1, column 8: expected a key in double quotes, but found "}"'],
    ['{"a" 1}', 'line 1, column 6: expected ":" after the key "a", but found "1"'],
    ['{\n  "a": tru\n}', 'line 2, column 8: expected a value'],
    ['{"a":1 "b":2}', 'line 1, column 8: expected "," or "}"'],
    ['[1 2]', 'line 1, column 4: expected "," or "]"'],
    ['[1,]', 'line 1, column 4: expected a value'],
    ['{"a":01}', 'line 1, column 7: expected "," or "}"'],
    ['{"a":-}', 'line 1, column 6: expected a value'],
    ["{'a':1}", 'line 1, column 2: expected a key in double quotes'],
    ['{"a":"x', 'never ends'],
    ['{"a":"\n"}', 'line 1, column 7: the character U+000a inside a text'],
    ['{"a":"\\x"}', 'after the backslash'],
    ['{} x', 'line 1, column 4: the value ends before "x"'],
    ['{"a":NaN}', 'line 1, column 6: expected a value'],
    ['{"a":1,"b":{"c":1,"c":2}}', 'line 1, column 19: the key "c" stands twice'],
    ['{"a":1,"\\u0061":2}', 'the key "a" stands twice'],
    [`${'['.repeat(65)}${']'.repeat(65)}`, 'deeper than the 64 levels'],
    ['{"__proto__":{"x":1}}', '__proto__'],
    ['{"\\u005f_proto__":{"x":1}}', '__proto__'],
    ['{"a":"x\\u0000"}', 'null character'],
    ['{"a":"x\\ud800"}', 'surrogate'],
  ])('%j is refused with its place', (text, words) => {
    expect(refusal(text)).toContain(words);
  });

  test('a million levels are refused without exhausting the stack', () => {
    expect(refusal('['.repeat(1_000_000))).toContain('64 levels');
    expect(refusal('{"a":'.repeat(1_000_000))).toContain('64 levels');
  });

  test('whatever JSON.parse refuses is refused here, with a place', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '{', ']', '\\', 'x', '0', '\n', ':'), (json, at, put) => {
        const text = json.slice(0, at % (json.length + 1)) + put + json.slice((at % (json.length + 1)) + 1);
        let readable = true;
        try {
          JSON.parse(text);
        } catch {
          readable = false;
        }
        if (!readable) expect(refusal(text)).toMatch(/^The JSON breaks at line \d+, column \d+: /);
      }),
    );
  });
});

describe('good text', () => {
  test('reads the same as JSON.parse', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(!text.includes('__proto__') && !/\\u(0000|d[89a-f])/i.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('prototype names other than __proto__ are ordinary keys', () => {
    expect(parseJson('{"constructor":1,"toString":"x"}')).toEqual({ constructor: 1, toString: 'x' });
  });

  test('__proto__ may stand in a text', () => {
    expect(parseJson('{"a":"say __proto__"}')).toEqual({ a: 'say __proto__' });
  });
});

describe('numbers', () => {
  test.each(['1.0', '1.50', '12345678901234567890', '1e3', '-0', '0.000000100', '1E+2', '3.14159265358979323846'])(
    '%s is printed as it was written',
    (number) => {
      const text = `{"a":{"value":${number}},"list":[${number},7]}`;
      expect(printJson(parseJson(text))).toBe(text);
    },
  );

  test('print after parse keeps the text of every number', () => {
    const digits = fc.stringMatching(/^[1-9][0-9]{0,24}$/);
    const number = fc
      .tuple(fc.constantFrom('', '-'), fc.oneof(digits, fc.constant('0')), fc.option(fc.stringMatching(/^[0-9]{1,12}$/)))
      .map(([sign, whole, part]) => `${sign}${whole}${part === null ? '' : `.${part}`}`);
    fc.assert(
      fc.property(fc.array(number, { maxLength: 8 }), (numbers) => {
        const text = `{"list":[${numbers.join(',')}],"in":[${numbers.map((n) => `{"value":${n}}`).join(',')}]}`;
        expect(printJson(parseJson(text))).toBe(text);
      }),
    );
  });

  test('a number that was changed is printed as it now is', () => {
    const value = parseJson('{"value":1.50,"other":2.0}') as { value: number };
    value.value = 3;
    expect(printJson(value)).toBe('{"value":3,"other":2.0}');
  });

  test('an object copied by spreading keeps them when told', () => {
    const original = parseJson('{"factorOverride":1.50,"in":{"x":2.0}}') as object;
    expect(printJson(keepNumbers(original, { ...original, id: '1' }))).toBe('{"factorOverride":1.50,"in":{"x":2.0},"id":"1"}');
  });
});

describe('parseResource', () => {
  test('reads a resource', () => {
    expect(parseResource('{"resourceType":"Patient"}')).toEqual({ resourceType: 'Patient' });
  });

  test.each([
    ['', 'empty'],
    ['[]', 'a list'],
    ['7', 'JSON object'],
    ['null', 'JSON object'],
    ['{}', 'resourceType'],
    ['{"resourceType":7}', 'resourceType'],
  ])('%j is refused', (text, words) => {
    expect(() => parseResource(text)).toThrow(words);
  });
});
