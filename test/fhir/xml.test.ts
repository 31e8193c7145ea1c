import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadRegistry } from '../../src/definitions/load.ts';
import { parseResource, printJson } from '../../src/fhir/json.ts';
import type { FhirError } from '../../src/fhir/outcome.ts';
import { jsonToXml, xmlToJson } from '../../src/fhir/xml.ts';
import { sampleResource } from '../support/resources.ts';

const registry = loadRegistry();
const toXml = (resource: unknown): string => jsonToXml(typeof resource === 'string' ? resource : JSON.stringify(resource), registry);
const toJson = (xml: string): unknown => JSON.parse(xmlToJson(xml, registry));
const patient = (inner: string): string => `<Patient xmlns="http://hl7.org/fhir">${inner}</Patient>`;

function refusal(run: () => unknown): FhirError {
  try {
    run();
  } catch (error) {
    return error as FhirError;
  }
  throw new Error('was not refused');
}

describe('there and back', () => {
  test.each(registry.resourceTypes)('%s', (type) => {
    for (const seed of [0, 1, 2, 3, 4]) {
      const resource = sampleResource(registry, type, seed);
      expect(toJson(toXml(resource))).toEqual(resource);
    }
  });

  test('any text, any decimal as written', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has none of these characters
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => one.isWellFormed() && !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(one));
    const decimal = fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.stringMatching(/^\d{1,12}$/)).map(([whole, rest]) => `${whole}.${rest}`);
    fc.assert(
      fc.property(text, decimal, (family, value) => {
        const name = { resourceType: 'Patient', name: [{ family, given: [family] }] };
        expect(toJson(toXml(name))).toEqual(name);
        const json = `{"resourceType":"Observation","valueQuantity":{"value":${value}}}`;
        expect(xmlToJson(toXml(json), registry)).toBe(json);
      }),
      { numRuns: 200 },
    );
  });

  test('ids and extensions of primitive elements, in lists too', () => {
    const resource = {
      resourceType: 'Patient',
      birthDate: '1970-01-01',
      _birthDate: { id: 'b', extension: [{ id: 'e', url: 'http://x', valueBoolean: true }] },
      _gender: { extension: [{ url: 'http://x', valueCode: 'unknown' }] },
      name: [{ id: 'n', given: ['A', null, 'C'], _given: [null, { extension: [{ url: 'http://y', valueDecimal: 1 }] }, null] }],
    };
    expect(toJson(toXml(resource))).toEqual({ ...resource, name: [{ ...resource.name[0], given: ['A', null, 'C'] }] });
  });

  test('contained resources, resources in a Bundle, content that is referred to', () => {
    const questionnaire = { resourceType: 'Questionnaire', status: 'draft', item: [{ linkId: '1', type: 'group', item: [{ linkId: '1.1', type: 'string' }] }] };
    const resource = { resourceType: 'Patient', contained: [{ resourceType: 'Organization', id: 'o', name: 'O' }], active: false };
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'urn:uuid:a', resource }, { resource: questionnaire }] };
    expect(toJson(toXml(bundle))).toEqual(bundle);
  });

  test('the narrative is kept as it is, names of HTML become numbers', () => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml"><p id="a">x &amp; y &lt; z <b>&#160;</b><br/></p><div>in</div></div>';
    const resource = { resourceType: 'Patient', text: { status: 'generated', div } };
    expect(toXml(resource)).toContain(div);
    expect(toJson(toXml(resource))).toEqual(resource);
    expect(toXml({ ...resource, text: { status: 'generated', div: '<div>a&nbsp;&mdash;&foo;</div>' } })).toContain('<div>a&#160;&#8212;&amp;foo;</div>');
  });
});

test('elements come in the order of the definition', () => {
  const xml = toXml({ resourceType: 'Observation', valueInteger: 3, code: { text: 'c' }, status: 'final', id: 'x' });
  expect(xml).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Observation xmlns="http://hl7.org/fhir"><id value="x"/><status value="final"/><code><text value="c"/></code><valueInteger value="3"/></Observation>',
  );
  expect(jsonToXml('{"resourceType":"Patient","active":true}', registry, true)).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Patient xmlns="http://hl7.org/fhir">\n  <active value="true"/>\n</Patient>',
  );
});

test('comments, instructions, blanks and schema locations are passed over', () => {
  const xml = `<?xml version="1.0"?>\n<!-- a --><Patient xmlns="http://hl7.org/fhir" xmlns:xsi="urn:x" xsi:schemaLocation="y">\n <!-- b --><active value="true"/>\n<?x y?></Patient>\n`;
  expect(toJson(xml)).toEqual({ resourceType: 'Patient', active: true });
});

test('what is no number or boolean stays text, for the rules to refuse', () => {
  expect(toJson(patient('<active value="yes"/><multipleBirthInteger value="007"/>'))).toMatchObject({ active: 'yes', multipleBirthInteger: '007' });
});

test('entities of XML and characters by number', () => {
  expect(toJson(patient('<name><text value="a &amp; b &#10;&#x1F600; &quot;"/></name>'))).toMatchObject({ name: [{ text: 'a & b \n😀 "' }] });
});

describe('refused, by what is wrong', () => {
  const bomb = `<!DOCTYPE x [${Array.from({ length: 20 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join('')}]>`;
  test.each<[string, string, string]>([
    ['nothing', ' ', 'empty'],
    ['no XML', '{"resourceType":"Patient"}', 'line 1'],
    ['a tag that does not close', patient('<active value="true">'), 'line 1'],
    ['a document type', `<!DOCTYPE Patient SYSTEM "file:///etc/passwd">${patient('')}`, 'document types'],
    ['entities that grow', `${bomb}${patient('<name><text value="&e20;"/></name>')}`, 'document types'],
    ['an entity inside of the root', patient('<!ENTITY x "y">'), 'document types'],
    ['an unknown entity', patient('<name><text value="&x;"/></name>'), '&x;'],
    ['a null character', patient('<name><text value="a\0"/></name>'), 'null character'],
    ['a null character by number', patient('<name><text value="&#0;"/></name>'), '&#0;'],
    ['half of a surrogate pair', patient('<name><text value="&#xD800;"/></name>'), '&#xD800;'],
    ['two roots', patient('') + patient(''), 'root'],
    ['no namespace', '<Patient><active value="true"/></Patient>', 'no namespace'],
    ['another namespace', '<Patient xmlns="urn:hl7-org:v3"/>', 'urn:hl7-org:v3'],
    ['no resource', '<Patience xmlns="http://hl7.org/fhir"/>', 'Patience'],
    ['a data type', '<quantity xmlns="http://hl7.org/fhir"/>', 'quantity'],
    ['an unknown element', patient('<colour value="red"/>'), '<colour>'],
    ['a prototype', patient('<toString value="red"/>'), 'toString'],
    ['an unknown attribute', patient('<active value="true" colour="red"/>'), '"colour"'],
    ['an id of a resource as attribute', '<Patient xmlns="http://hl7.org/fhir" id="x"/>', '"id"'],
    ['a text', patient('<active>true</active>'), '"true"'],
    ['nothing in an element', patient('<active/>'), 'empty'],
    ['what stands twice', patient('<active value="true"/><active value="false"/>'), '2 times'],
    ['two resources contained as one', patient('<contained><Patient/><Patient/></contained>'), 'one resource'],
    ['too deep', patient('<extension url="a">'.repeat(200) + '</extension>'.repeat(200)), 'cannot be read'],
  ])('%s', (_, xml, words) => {
    const error = refusal(() => toJson(xml));
    expect([error.status === 400 || error.status === 422, error.message]).toEqual([true, expect.stringContaining(words)]);
  });

  test('large and hostile text takes no time', () => {
    const from = performance.now();
    for (const xml of [`<a ${'b '.repeat(100_000)}`, '<'.repeat(200_000), patient('&'.repeat(200_000)), `<a b="${'&#'.repeat(100_000)}"/>`])
      refusal(() => toJson(xml));
    expect(performance.now() - from).toBeLessThan(2000);
  });
});

test('printing and parsing again changes no number', () => {
  const json = '{"resourceType":"Observation","valueQuantity":{"value":1.50e2}}';
  expect(printJson(parseResource(xmlToJson(toXml(json), registry)))).toBe(json);
});
