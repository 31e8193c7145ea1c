/** Extensions of Questionnaire that HL7 defines, read by the last word of their canonical name. */
import type { Extension } from 'fhir/r4';
import { readValue, type Value } from './value.ts';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/';

/** https://hl7.org/fhir/R4/questionnaire-profiles.html and https://hl7.org/fhir/uv/sdc/artifacts.html; older and newer spellings side by side. */
const URLS = {
  minOccurs: [`${CORE}questionnaire-minOccurs`],
  maxOccurs: [`${CORE}questionnaire-maxOccurs`],
  minValue: [`${CORE}minValue`, `${SDC}sdc-questionnaire-minQuantity`],
  maxValue: [`${CORE}maxValue`, `${SDC}sdc-questionnaire-maxQuantity`],
  minLength: [`${CORE}minLength`],
  maxDecimalPlaces: [`${CORE}maxDecimalPlaces`],
  optionExclusive: [`${CORE}questionnaire-optionExclusive`],
  unit: [`${CORE}questionnaire-unit`],
  unitOption: [`${CORE}questionnaire-unitOption`],
  weight: [`${CORE}ordinalValue`, `${CORE}itemWeight`],
  translation: [`${CORE}translation`],
} as const;

export type ExtensionName = keyof typeof URLS;

interface Extended {
  readonly extension?: readonly Extension[] | undefined;
}

/** Every extension of that name. */
export function extensionsOf(holder: Extended | undefined, name: ExtensionName): readonly Extension[] {
  const urls: readonly string[] = URLS[name];
  return Array.isArray(holder?.extension) ? holder.extension.filter((extension) => urls.includes(extension?.url)) : [];
}

export function extensionValue(holder: Extended | undefined, name: ExtensionName): Value | undefined {
  const [first] = extensionsOf(holder, name);
  return first === undefined ? undefined : readValue(first);
}

export function extensionNumber(holder: Extended | undefined, name: ExtensionName): number | undefined {
  const raw = extensionValue(holder, name)?.raw;
  return typeof raw === 'number' ? raw : undefined;
}
