/** An extension as one row of facts, and the StructureDefinition that says the same. https://hl7.org/fhir/R4/defining-extensions.html */
import type { ElementDefinition, ElementDefinitionBinding, StructureDefinition } from 'fhir/r4';
import { canonicalOf } from '../snapshot/element.ts';

/** What an extension, or a part of one, holds. */
export interface Value {
  /** Data types that are allowed; none: any. */
  readonly types: readonly string[];
  /** Resource types that a canonical or a Reference may lead to; none: any. */
  readonly targets?: readonly string[];
  readonly binding?: readonly [strength: ElementDefinitionBinding['strength'], valueSet: string];
  readonly invariant?: Invariant;
}

interface Invariant {
  readonly key: string;
  readonly human: string;
  readonly expression: string;
}

export interface Part {
  readonly min: 0 | 1;
  readonly max: 1 | '*';
  readonly value: Value;
}

interface Common {
  readonly url: string;
  readonly title: string;
  /** What it says, in our words. */
  readonly means: string;
  /** The elements that it may stand on. */
  readonly on: readonly string[];
  /** How often it may stand on one element. */
  readonly max: 1 | '*';
  readonly isModifier?: true;
  readonly status?: StructureDefinition['status'];
  readonly invariant?: Invariant;
}

/** An extension has a value or parts, never both: ext-1. */
export type ExtensionRow = Common & ({ readonly value: Value } | { readonly parts: Readonly<Record<string, Part>> });

/** Differential only: the snapshot is made where it is needed. */
export function extensionDefinition(row: ExtensionRow, version: string): StructureDefinition {
  const id = row.url.slice(row.url.lastIndexOf('/') + 1).replace('[x]', '');
  return {
    resourceType: 'StructureDefinition',
    id,
    url: row.url,
    version,
    name: id.split(/[-.]/).map(capitalized).join(''),
    title: row.title,
    status: row.status ?? 'active',
    publisher: 'HL7',
    description: row.means,
    fhirVersion: '4.0.1',
    kind: 'complex-type',
    abstract: false,
    context: row.on.map((expression) => ({ type: 'element', expression })),
    type: 'Extension',
    baseDefinition: canonicalOf('Extension'),
    derivation: 'constraint',
    differential: { element: [rootOf(row), ...contentOf(row)] },
  };
}

const capitalized = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

function rootOf({ title, means, max, isModifier, invariant }: ExtensionRow): ElementDefinition {
  return {
    id: 'Extension',
    path: 'Extension',
    short: title,
    definition: means,
    min: 0,
    max: String(max),
    ...(isModifier === true ? { isModifier, isModifierReason: means } : {}),
    ...(invariant === undefined ? {} : { constraint: [constraintOf(invariant)] }),
  };
}

function contentOf(row: ExtensionRow): ElementDefinition[] {
  const url: ElementDefinition = { id: 'Extension.url', path: 'Extension.url', fixedUri: row.url };
  if ('value' in row) return [{ id: 'Extension.extension', path: 'Extension.extension', max: '0' }, url, valueElement('Extension', 'Extension', row.value)];
  const parts = Object.entries(row.parts).flatMap(([name, part]) => partOf(name, part));
  return [...parts, url, { id: 'Extension.value[x]', path: 'Extension.value[x]', max: '0' }];
}

function partOf(name: string, { min, max, value }: Part): ElementDefinition[] {
  const [id, path] = [`Extension.extension:${name}`, 'Extension.extension'];
  return [
    { id, path, sliceName: name, min, max: String(max), type: [{ code: 'Extension' }] },
    { id: `${id}.extension`, path: `${path}.extension`, max: '0' },
    { id: `${id}.url`, path: `${path}.url`, fixedUri: name },
    valueElement(id, path, value),
  ];
}

/** What has no parts has a value: ext-1. */
function valueElement(id: string, path: string, { types, targets, binding, invariant }: Value): ElementDefinition {
  const targetProfile = targets?.map(canonicalOf);
  return {
    id: `${id}.value[x]`,
    path: `${path}.value[x]`,
    min: 1,
    ...(types.length === 0 ? {} : { type: types.map((code) => ({ code, ...(targetProfile === undefined ? {} : { targetProfile }) })) }),
    ...(binding === undefined ? {} : { binding: { strength: binding[0], valueSet: binding[1] } }),
    ...(invariant === undefined ? {} : { constraint: [constraintOf(invariant)] }),
  };
}

const constraintOf = ({ key, human, expression }: Invariant) => ({ key, human, expression, severity: 'error' as const });
