/** The shape of the tables of faults. */
import type { ElementDefinition, StructureDefinition } from 'fhir/r4';

export interface Case {
  readonly name: string;
  readonly wrong: unknown;
  /** Where the fault is told. */
  readonly at: string;
  /** A part of what is told. */
  readonly says: string;
  /** The same without the fault. */
  readonly right: unknown;
  readonly severity?: 'error' | 'warning' | 'information';
}

export const X = 'http://x.example';

type Element = Partial<ElementDefinition> & { readonly path: string };

/** A profile as a differential alone; ids are made from paths and slice names. */
export function profile(name: string, type: string, element: readonly Element[], change: object = {}): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: `${X}/${name}`,
    version: '1.0',
    name,
    status: 'active',
    kind: type === 'Extension' ? 'complex-type' : 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: { element: [{ id: type, path: type }, ...element] as ElementDefinition[] }, // made whole by the base
    ...change,
  } as StructureDefinition;
}

/** An extension with a value of one type, or with parts. */
export function extension(name: string, context: string, value: string, change: object = {}): StructureDefinition {
  const elements: Element[] = [
    { path: 'Extension.extension', max: '0' },
    { path: 'Extension.url', fixedUri: `${X}/${name}` },
    { path: 'Extension.value[x]', min: 1, type: [{ code: value }] },
  ];
  return profile(name, 'Extension', elements, { context: [{ type: 'element', expression: context }], ...change });
}

export const claims = (name: string): object => ({ profile: [`${X}/${name}`] });
export const loinc = (code: string): object => ({ coding: [{ system: 'http://loinc.org', code }] });
export const observation = (change: object = {}): object => ({ resourceType: 'Observation', status: 'final', code: loinc('44261-6'), ...change });
export const patient = (change: object = {}): object => ({ resourceType: 'Patient', ...change });
