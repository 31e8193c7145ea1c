/** Extensions of Questionnaire that HL7 defines, read by the last word of their canonical name. */
import type { Expression, Extension } from 'fhir/r4';
import { asRecord, readValue, type Value } from './value.ts';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';

/** https://hl7.org/fhir/R4/questionnaire-profiles.html and https://hl7.org/fhir/uv/sdc/artifacts.html; older and newer spellings side by side. */
const URLS = {
  minOccurs: [`${CORE}questionnaire-minOccurs`],
  maxOccurs: [`${CORE}questionnaire-maxOccurs`],
  minValue: [`${CORE}minValue`, `${SDC}minQuantity`],
  maxValue: [`${CORE}maxValue`, `${SDC}maxQuantity`],
  minLength: [`${CORE}minLength`],
  maxDecimalPlaces: [`${CORE}maxDecimalPlaces`],
  maxSize: [`${CORE}maxSize`],
  mimeType: [`${CORE}mimeType`],
  regex: [`${CORE}regex`],
  optionExclusive: [`${CORE}questionnaire-optionExclusive`],
  optionPrefix: [`${CORE}questionnaire-optionPrefix`],
  unit: [`${CORE}questionnaire-unit`],
  unitOption: [`${CORE}questionnaire-unitOption`],
  unitValueSet: [`${CORE}questionnaire-unitValueSet`],
  unitOpen: [`${SDC}unitOpen`],
  unitSupplementalSystem: [`${SDC}unitSupplementalSystem`],
  referenceResource: [`${CORE}questionnaire-referenceResource`],
  referenceProfile: [`${CORE}questionnaire-referenceProfile`],
  weight: [`${CORE}ordinalValue`, `${CORE}itemWeight`],
  translation: [`${CORE}translation`],
  hidden: [`${CORE}questionnaire-hidden`],
  itemControl: [`${CORE}questionnaire-itemControl`],
  usageMode: [`${CORE}questionnaire-usageMode`],
  entryFormat: [`${CORE}entryFormat`],
  openLabel: [`${SDC}openLabel`],
  entryMode: [`${SDC}entryMode`],
  isSubject: [`${SDC}isSubject`],
  constraint: [`${CORE}questionnaire-constraint`, `${CORE}targetConstraint`],
  variable: [`${CORE}variable`],
  launchContext: [`${SDC}launchContext`],
  calculatedExpression: [`${SDC}calculatedExpression`],
  initialExpression: [`${SDC}initialExpression`],
  enableWhenExpression: [`${SDC}enableWhenExpression`],
  answerExpression: [`${SDC}answerExpression`],
  answerOptionsToggleExpression: [`${SDC}answerOptionsToggleExpression`],
  candidateExpression: [`${SDC}candidateExpression`],
  contextExpression: [`${SDC}contextExpression`],
  itemPopulationContext: [`${SDC}itemPopulationContext`],
  cqfExpression: [`${CORE}cqf-expression`, `${CORE}cqf-calculatedValue`],
  assembleContext: [`${SDC}assembleContext`],
  assembleExpectation: [`${SDC}assemble-expectation`],
  subQuestionnaire: [`${SDC}subQuestionnaire`],
  questionnaireAdaptive: [`${SDC}questionnaireAdaptive`],
  assembledFrom: [`${SDC}assembledFrom`],
  assembleDefinitionRoot: [`${SDC}assembleDefinitionRoot`],
  observationLinkPeriod: [`${SDC}observationLinkPeriod`, `${CORE}questionnaire-observationLinkPeriod`],
  sourceQueries: [`${SDC}sourceQueries`],
  sourceStructureMap: [`${SDC}sourceStructureMap`, `${CORE}questionnaire-sourceStructureMap`],
  targetStructureMap: [`${SDC}targetStructureMap`, `${CORE}questionnaire-targetStructureMap`],
  observationExtract: [`${SDC}observationExtract`, `${CORE}questionnaire-observationExtract`],
  observationExtractCategory: [`${SDC}observation-extract-category`],
  observationExtractEntry: [`${SDC}observationExtractEntry`],
  definitionExtract: [`${SDC}definitionExtract`],
  definitionExtractValue: [`${SDC}definitionExtractValue`],
  extractAllocateId: [`${SDC}extractAllocateId`],
  itemExtractionContext: [`${SDC}itemExtractionContext`],
  templateExtract: [`${SDC}templateExtract`],
  templateExtractBundle: [`${SDC}templateExtractBundle`],
  templateExtractContext: [`${SDC}templateExtractContext`],
  templateExtractValue: [`${SDC}templateExtractValue`],
} as const;

export type ExtensionName = keyof typeof URLS;

export interface Extended {
  readonly extension?: readonly Extension[] | undefined;
}

/** Every extension of that name. */
export function extensionsOf(holder: Extended | undefined, name: ExtensionName): readonly Extension[] {
  const urls: readonly string[] = URLS[name];
  return Array.isArray(holder?.extension) ? holder.extension.filter((extension) => urls.includes(extension?.url)) : [];
}

/** The extensions of that name with their place in the list of all, which a message names. */
export function placedExtensions(holder: Extended | undefined, name: ExtensionName): readonly { readonly extension: Extension; readonly index: number }[] {
  const named = extensionsOf(holder, name);
  return named.map((extension) => ({ extension, index: holder?.extension?.indexOf(extension) ?? 0 }));
}

export function extensionValue(holder: Extended | undefined, name: ExtensionName): Value | undefined {
  const [first] = extensionsOf(holder, name);
  return first === undefined ? undefined : readValue(first);
}

export function extensionNumber(holder: Extended | undefined, name: ExtensionName): number | undefined {
  const raw = extensionValue(holder, name)?.raw;
  return typeof raw === 'number' ? raw : undefined;
}

export const extensionFlag = (holder: Extended | undefined, name: ExtensionName): boolean => extensionValue(holder, name)?.raw === true;

/** Code, canonical, string, uri or id: the text that each extension of that name carries. */
export function extensionTexts(holder: Extended | undefined, name: ExtensionName): readonly string[] {
  const texts = extensionsOf(holder, name).map(({ valueCode, valueCanonical, valueUri, valueString, valueId }) =>
    [valueCode, valueCanonical, valueUri, valueString, valueId].find((text) => typeof text === 'string'),
  );
  return texts.filter((text) => text !== undefined);
}

/** The codes of CodeableConcepts, whatever their systems. */
export const extensionCodes = (holder: Extended | undefined, name: ExtensionName): readonly string[] =>
  extensionsOf(holder, name).flatMap(({ valueCodeableConcept }) => (valueCodeableConcept?.coding ?? []).flatMap(({ code }) => code ?? []));

/** The Expression in an extension; a bare text, as the older forms have it, is FHIRPath. https://hl7.org/fhir/R4/metadatatypes.html#Expression */
export function expressionIn(extension: Extension): Expression | undefined {
  const { valueExpression, valueString } = extension;
  if (typeof valueString === 'string') return { language: 'text/fhirpath', expression: valueString };
  return Object.keys(asRecord(valueExpression)).length > 0 ? valueExpression : undefined;
}

/** A part of a complex extension, by its url. */
export const partOf = (extension: Extension, url: string): Extension | undefined => partsOf(extension, url)[0];

export const partsOf = ({ extension }: Extension, url: string): readonly Extension[] =>
  Array.isArray(extension) ? extension.filter((part) => part?.url === url) : [];
