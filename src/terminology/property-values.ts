/** Everything that can be said of a concept, as named values: what `$lookup` and `$expand?property=` give. */
import type { CodeSystemConceptProperty } from 'fhir/r4';
import { isAbstract, isInactive } from './properties.ts';
import type { Concept, System } from './system.ts';

type Value = Omit<CodeSystemConceptProperty, 'code' | 'id' | 'extension'>;

export interface PropertyValue {
  readonly code: string;
  /** One `value[x]`. */
  readonly value: Value;
}

/** The system's own properties first, then what its structure says. */
export function conceptProperties(system: System, concept: Concept): readonly PropertyValue[] {
  const own = (concept.raw.property ?? []).map(({ code, id: _, extension: __, ...value }): PropertyValue => ({ code, value }));
  const has = (code: string): boolean => own.some((row) => row.code === code);
  return [
    ...own,
    ...(has('inactive') ? [] : [{ code: 'inactive', value: { valueBoolean: isInactive(system.about, concept) } }]),
    ...(has('notSelectable') || !isAbstract(system.about, concept) ? [] : [{ code: 'notSelectable', value: { valueBoolean: true } }]),
    ...(concept.raw.definition === undefined ? [] : [{ code: 'definition', value: { valueString: concept.raw.definition } }]),
    ...(has('parent') ? [] : concept.parents.map(({ code }) => ({ code: 'parent', value: { valueCode: code } }))),
    ...(has('child') ? [] : concept.children.map(({ code }) => ({ code: 'child', value: { valueCode: code } }))),
  ];
}
