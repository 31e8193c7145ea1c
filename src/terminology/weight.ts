/**
 * The number that a coded answer counts for. https://hl7.org/fhir/R4/extension-ordinalvalue.html,
 * https://hl7.org/fhir/extensions/StructureDefinition-itemWeight.html
 */
import type { Extension } from 'fhir/r4';
import type { Concept, System } from './system.ts';

const EXTENSIONS: ReadonlySet<string> = new Set(
  ['itemWeight', 'ordinalValue', 'codesystem-ordinalValue', 'valueset-ordinalValue'].map((name) => `http://hl7.org/fhir/StructureDefinition/${name}`),
);
const PROPERTY = 'http://hl7.org/fhir/concept-properties#itemWeight';
const PROPERTIES: ReadonlySet<string> = new Set(['itemWeight', 'ordinalValue', 'weight']);

export const statedWeight = (extension: readonly Extension[] | undefined): number | undefined =>
  extension?.find(({ url, valueDecimal }) => EXTENSIONS.has(url) && valueDecimal !== undefined)?.valueDecimal;

/** By extension, else by the property that the system declares with HL7's uri, else by one of the usual name. */
export function weightOf({ about }: System, { raw }: Concept): number | undefined {
  const stated = statedWeight(raw.extension);
  if (stated !== undefined) return stated;
  const declared = new Set((about.property ?? []).filter(({ uri }) => uri === PROPERTY).map(({ code }) => code));
  const codes = declared.size > 0 ? declared : PROPERTIES;
  const row = raw.property?.find(({ code }) => codes.has(code));
  return row?.valueDecimal ?? row?.valueInteger;
}
