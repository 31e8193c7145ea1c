/** What an item asks of its answers, as its definition says it, before any expression has a word in it. */
import type { Coding, QuestionnaireItem } from 'fhir/r4';
import { extensionNumber, extensionsOf, extensionTexts, extensionValue } from './extension.ts';
import type { InForce, Limits, Units } from './plan.ts';
import { asRecord, readValue } from './value.ts';

export function fixedOf(definition: QuestionnaireItem): InForce {
  const required = definition.required === true;
  const repeats = definition.repeats === true;
  const said = { minOccurs: extensionNumber(definition, 'minOccurs'), maxOccurs: extensionNumber(definition, 'maxOccurs') };
  return {
    text: definition.text,
    required,
    readOnly: definition.readOnly === true,
    repeats,
    ...occurrences({ required, repeats }, said),
    limits: limitsOf(definition),
  };
}

/** How often an item must and may be answered: a minimum counts only where it is required, a maximum only where it repeats. */
export function occurrences(
  { required, repeats }: Pick<InForce, 'required' | 'repeats'>,
  { minOccurs, maxOccurs }: { readonly minOccurs: number | undefined; readonly maxOccurs: number | undefined },
): Pick<InForce, 'minOccurs' | 'maxOccurs'> {
  return { minOccurs: required ? (minOccurs ?? 1) : 0, maxOccurs: repeats ? (maxOccurs ?? Number.POSITIVE_INFINITY) : 1 };
}

const limitsOf = (definition: QuestionnaireItem): Limits => ({
  minValue: extensionValue(definition, 'minValue'),
  maxValue: extensionValue(definition, 'maxValue'),
  minLength: extensionNumber(definition, 'minLength'),
  maxLength: definition.maxLength,
  maxDecimalPlaces: extensionNumber(definition, 'maxDecimalPlaces'),
  maxSize: extensionNumber(definition, 'maxSize'),
  mimeTypes: extensionTexts(definition, 'mimeType'),
  regex: extensionTexts(definition, 'regex')[0],
  referenceTypes: [...extensionTexts(definition, 'referenceResource'), ...extensionTexts(definition, 'referenceProfile').flatMap(baseType)],
});

const BASE = 'http://hl7.org/fhir/StructureDefinition/';

/** The type that a profile of the base means; what another profile is about is not known here. */
const baseType = (profile: string): readonly string[] => (profile.startsWith(BASE) ? [profile.slice(BASE.length).split('|')[0] ?? ''] : []);

export function unitsOf(definition: QuestionnaireItem): Units {
  const [valueSet] = extensionTexts(definition, 'unitValueSet');
  const [open] = extensionTexts(definition, 'unitOpen');
  return {
    codings: [...extensionsOf(definition, 'unit'), ...extensionsOf(definition, 'unitOption')].map((extension): Coding => asRecord(readValue(extension)?.raw)),
    valueSet,
    supplementalSystem: extensionTexts(definition, 'unitSupplementalSystem')[0],
    open: open === 'optionsOrString' || open === 'optionsOrType' ? open : 'optionsOnly',
  };
}
