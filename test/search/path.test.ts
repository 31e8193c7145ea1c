import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { ElementDefinition, Structure } from '../../src/definitions/registry.ts';
import { compileFhirPath } from '../../src/fhir/fhirpath.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createParams } from '../../src/search/params.ts';
import { compilePath, placeOf } from '../../src/search/path.ts';
import { readPath } from '../../src/search/path-syntax.ts';

const registry = loadRegistry();
const params = createParams(registry);

/** A resource in which every element that its structure knows is there, to a depth; `pick` says which of the choices and shapes. */
function sample(type: string, pick: number): Resource {
  const structure = registry.structure(type);
  if (structure === undefined) throw new Error(type);
  return { ...objectAt({ structure, path: type, pick, depth: 5 }), resourceType: type, id: `${type}-${pick}` };
}

interface At {
  readonly structure: Structure;
  readonly path: string;
  readonly pick: number;
  readonly depth: number;
}

function objectAt(at: At): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const element of at.structure.elements) {
    if (!isChild(element.path, at.path)) continue;
    const name = element.path.slice(at.path.length + 1);
    const type = element.types[at.pick % Math.max(element.types.length, 1)];
    if (['extension', 'modifierExtension', 'contained', 'id', 'meta', 'text'].includes(name) || type === undefined || at.depth === 0) continue;
    const value = sampleOf(element, type.code, at);
    if (value === undefined) continue;
    const key = name.endsWith('[x]') ? name.slice(0, -3) + type.code.charAt(0).toUpperCase() + type.code.slice(1) : name;
    out[key] = element.max > 1 ? [value, sampleOf(element, type.code, { ...at, pick: at.pick + 1 })] : value;
  }
  return out;
}

const isChild = (path: string, parent: string): boolean => path.startsWith(`${parent}.`) && !path.slice(parent.length + 1).includes('.');

function sampleOf(element: ElementDefinition, type: string, at: At): unknown {
  if (element.contentReference !== undefined) return undefined;
  if (type === 'BackboneElement' || type === 'Element') return objectAt({ ...at, path: element.path, depth: at.depth - 1 });
  if (type === 'Reference') return referenceOf(element, at.pick);
  if (type === 'Resource') return { resourceType: ['Composition', 'MessageHeader'][at.pick % 2], id: 'inner' };
  const structure = registry.structure(type);
  if (structure === undefined || structure.kind === 'primitive-type') return primitiveOf(element.path, type, at.pick);
  return objectAt({ structure, path: type, pick: at.pick, depth: at.depth - 1 });
}

function referenceOf(element: ElementDefinition, pick: number): unknown {
  const targets = element.types.flatMap((type) => type.targets ?? []).map((url) => url.slice(url.lastIndexOf('/') + 1));
  const type = targets[pick % Math.max(targets.length, 1)] ?? 'Patient';
  return [{ reference: `${type}/${pick}` }, { reference: `http://far.example/fhir/${type}/${pick}` }, { type, identifier: { value: 'x' } }][pick % 3];
}

function primitiveOf(path: string, type: string, pick: number): unknown {
  if (type === 'boolean') return pick % 2 === 0;
  if (type === 'decimal') return pick + 0.5;
  if (type === 'integer' || type === 'positiveInt' || type === 'unsignedInt') return pick + 1;
  if (['date', 'dateTime', 'instant'].includes(type)) return type === 'date' ? '2026-03-01' : '2026-03-01T10:00:00Z';
  if (path === 'ContactPoint.system') return ['phone', 'email'][pick % 2];
  if (path === 'RelatedArtifact.type') return ['composed-of', 'depends-on', 'derived-from', 'predecessor', 'successor'][pick % 5];
  return `${type}-${pick}`;
}

describe('what R4 asks for, natively and through the fhirpath package', () => {
  const reached = new Set<string>();

  test.each(registry.resourceTypes)('%s', (type) => {
    // _text and _content are no paths
    const own = [...params.of(type).values()].filter((param) => !['', 'Resource.id', 'Resource.meta.lastUpdated'].includes(param.expression));
    for (let pick = 0; pick < 6; pick++) {
      const resource = sample(type, pick);
      for (const param of own) {
        const native = params.branches(param).flatMap((branch) => [...branch.get(resource, resource)]);
        const reference = compileFhirPath(param.expression)(resource);
        if (native.length > 0) reached.add(`${type}.${param.code}`);
        expect({ expression: param.expression, found: sorted(native) }).toEqual({ expression: param.expression, found: sorted(reference) });
      }
    }
  });

  test('the samples above have something for nearly every parameter', () => {
    const all = registry.resourceTypes.flatMap((type) => [...params.of(type).keys()].filter((code) => !code.startsWith('_')));
    expect(all.length).toBeGreaterThan(1600);
    expect(reached.size).toBeGreaterThan(all.length * 0.98);
  });
});

/** As sets: a union says nothing of the order, and drops what both sides found. */
const sorted = (values: readonly unknown[]): string[] => [...new Set(values.map((value) => JSON.stringify(value)))].sort();

test('the parts of composites need no package either', () => {
  const composites = registry.resourceTypes.flatMap((type) => [...params.of(type).values()].filter(({ kind }) => kind === 'composite'));
  const foreign = composites.flatMap((param) =>
    params
      .branches(param)
      .flatMap(({ place }) =>
        param.parts.filter((part) => place === undefined || compilePath(part.expression, place, registry).some(({ type }) => type === '')),
      ),
  );
  expect(composites.length).toBeGreaterThan(60);
  expect(foreign.map(({ expression }) => expression)).toEqual([]);
});

test('every R4 search expression is of the part that is compiled here', () => {
  const foreign = registry.searchParameters.filter(({ expression }) => expression !== '' && readPath(expression) === undefined);
  expect(foreign.map(({ code }) => code)).toEqual([]);
});

describe('compiled paths', () => {
  const observation = placeOf(registry, 'Observation');
  if (observation === undefined) throw new Error('no Observation');
  const compile = (expression: string) => compilePath(expression, observation, registry);
  const find = (expression: string, resource: unknown) => compile(expression).flatMap((branch) => [...branch.get(resource, resource)]);

  test('know the types of what they find', () => {
    expect(compile('Observation.effective').map(({ type }) => type)).toEqual(['dateTime', 'Period', 'Timing', 'instant']);
    expect(compile('(Observation.value as Quantity)').map(({ type }) => type)).toEqual(['Quantity']);
    expect(compile('Observation.subject.where(resolve() is Patient)').map(({ type }) => type)).toEqual(['Reference']);
  });

  test('know what can repeat', () => {
    expect(compile('Observation.subject').every(({ single }) => single)).toBe(true);
    expect(compile('Observation.component.code').every(({ single }) => single)).toBe(false);
    expect(compile('Observation.component[0].code').every(({ single }) => single)).toBe(true);
  });

  test('find extensions by URL', () => {
    const resource = {
      resourceType: 'Observation',
      extension: [
        { url: 'http://a', valueString: 'yes' },
        { url: 'http://b', valueString: 'no' },
      ],
    };
    expect(find("Observation.extension('http://a').value as string", resource)).toEqual(['yes']);
    expect(find("extension('http://a').value as string", resource)).toEqual(['yes']);
    expect(find("extension.where(url = 'http://b').value.ofType(string)", resource)).toEqual(['no']);
  });

  test('what they do not cover goes through the fhirpath package', () => {
    const resource = { resourceType: 'Observation', note: [{ text: 'a' }, { text: 'b' }] };
    expect(readPath('Observation.note.text.skip(1)')).toBeUndefined();
    expect(find('Observation.note.text.skip(1)', resource)).toEqual(['b']);
  });

  test.each([
    { subject: 'Patient/7' },
    { subject: null },
    { subject: [[{ reference: 'x' }]] },
    { component: 'none' },
    { component: [null, 5, ['x'], { code: true }] },
    { performer: { reference: { reference: 'Patient/7' } } },
  ])('odd data %j is passed over', (odd) => {
    const resource = { resourceType: 'Observation', ...odd };
    for (const expression of ['Observation.subject.reference', 'Observation.component.code.coding.code', 'Observation.performer.where(resolve() is Patient)']) {
      expect(find(expression, resource)).toEqual([]);
    }
  });
});
