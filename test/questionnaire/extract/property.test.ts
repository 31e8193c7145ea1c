/** Whatever the form: what is extracted from an answer that was filled in hangs together. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BundleEntry, Extension, Questionnaire, QuestionnaireItem, QuestionnaireResponse } from 'fhir/r4';
import { checkResponse } from '../../../src/questionnaire/check.ts';
import { compilePlan } from '../../../src/questionnaire/compile.ts';
import { worldAt } from '../../../src/questionnaire/evaluate.ts';
import { extract } from '../../../src/questionnaire/extract/extract.ts';
import { populate } from '../../../src/questionnaire/populate/populate.ts';
import { as, ext, loinc, on, parts, questionnaire, registry } from './fixture.ts';

const BASE = 'http://hl7.org/fhir/StructureDefinition/';
const URNS = /"reference":"(urn:[^"]+)"/g;

type Kind = 'plain' | 'observed' | 'component' | 'member' | 'defined' | 'templated';

interface Shape {
  readonly kind: Kind;
  readonly repeats: boolean;
  readonly rows: number;
  readonly children: readonly Shape[];
}

const kind = fc.constantFrom<Kind>('plain', 'observed', 'component', 'member', 'defined', 'templated');
const shape = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.record({
    kind,
    repeats: fc.boolean(),
    rows: fc.integer({ min: 0, max: 3 }),
    children: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('shape'), { maxLength: 3 })),
  }),
})).shape;

const initial = (expression: string): Extension => ext('initialExpression', { valueExpression: { language: 'text/fhirpath', expression } });

/** Each refers to what is allocated around it, so that every reference must be found again. */
function extensionsFor(of: Kind, linkId: string, around: string): Extension[] {
  const allocate = ext('extractAllocateId', { valueString: `id${linkId}` });
  const url = { url: 'fullUrl', valueString: `%id${linkId}` };
  if (of === 'observed') return [on];
  if (of === 'component' || of === 'member') return [as(of)];
  if (of === 'templated') return [allocate, parts('templateExtract', [{ url: 'template', valueReference: { reference: `#t${linkId}` } }, url])];
  if (of !== 'defined') return [];
  const refer = parts('definitionExtractValue', [
    { url: 'definition', valueUri: `${BASE}Basic#Basic.subject.reference` },
    { url: 'expression', valueExpression: { language: 'text/fhirpath', expression: `%id${around}` } },
  ]);
  return [allocate, parts('definitionExtract', [{ url: 'definition', valueCanonical: `${BASE}Basic` }, url]), refer];
}

interface Built {
  readonly items: QuestionnaireItem[];
  readonly contained: object[];
}

function build(shapes: readonly Shape[], prefix: string, around: string): Built {
  const contained: object[] = [];
  const items = shapes.map(({ kind: of, repeats, rows, children }, at): QuestionnaireItem => {
    const linkId = `${prefix}${at}`;
    const own = of === 'defined' || of === 'templated' ? linkId : around;
    const below = build(children, `${linkId}x`, own);
    contained.push(...below.contained);
    if (of === 'templated') {
      contained.push({
        resourceType: 'Basic',
        id: `t${linkId}`,
        code: { text: 'x' },
        subject: { _reference: { extension: [ext('templateExtractValue', { valueString: `%id${around}` })] } },
      });
    }
    const count = repeats ? rows : Math.min(rows, 1);
    const context = ext('itemPopulationContext', {
      valueExpression: { name: 'row', language: 'text/fhirpath', expression: `(${[...Array(count).keys()].join('|') || '{}'})` },
    });
    const question: QuestionnaireItem = {
      linkId: `${linkId}q`,
      type: 'integer',
      code: [loinc('1-1')],
      extension: [initial('%row'), ...(of === 'observed' ? [on] : [])],
    };
    return {
      linkId,
      type: 'group',
      repeats,
      code: [loinc('2-2')],
      extension: [context, ...extensionsFor(of, linkId, around)],
      item: [question, ...below.items],
    };
  });
  return { items, contained };
}

function formOf(shapes: readonly Shape[]): Questionnaire {
  const { items, contained } = build(shapes, 'i', 'root');
  const root = parts('definitionExtract', [
    { url: 'definition', valueCanonical: `${BASE}Patient` },
    { url: 'fullUrl', valueString: '%idroot' },
  ]);
  return questionnaire(items, { contained: contained as never, extension: [ext('extractAllocateId', { valueString: 'idroot' }), root] });
}

test('a filled-in draft is valid; ids are unique, references resolve, and the answer is left as it was', () => {
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 3 }), (shapes) => {
      const plan = compilePlan(formOf(shapes));
      const { response, openQueries } = populate(plan, {
        world: worldAt(new Date('2026-01-01')),
        subject: { reference: 'Patient/p' },
        variables: new Map(),
        data: [],
        observes: true,
      });
      expect(openQueries.size).toBe(0);
      expect(checkResponse(plan, response).filter(({ severity }) => severity === 'error')).toEqual([]);
      const answer: QuestionnaireResponse = { ...response, id: 'r', status: 'completed' };
      const before = JSON.stringify(answer);
      let id = 0;
      const { extracted } = extract(plan, answer, { definitions: registry, ids: () => `${++id}` });
      expect(JSON.stringify(answer)).toBe(before);
      const entries: BundleEntry[] = extracted.map(({ entry }) => entry);
      const urls = new Set(entries.map(({ fullUrl }) => fullUrl));
      expect(urls.size).toBe(entries.length);
      expect(new Set(extracted.map(({ key }) => key)).size).toBe(extracted.length);
      for (const [, urn] of JSON.stringify(entries).matchAll(URNS)) expect(urls).toContain(urn);
      for (const { resource, request } of entries) expect(request).toMatchObject({ method: 'POST', url: resource?.resourceType });
      expect(JSON.stringify(entries)).not.toContain('/sdc-questionnaire-');
    }),
    { numRuns: 60 },
  );
});
