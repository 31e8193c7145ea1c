/** The extensions that say what an answer leads to. https://hl7.org/fhir/uv/sdc/extraction.html */
import type { Extension } from 'fhir/r4';
import { extensionUrl } from '../../fhir/names.ts';

const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';

/** As in `sdc-questionnaire-observationExtract`. */
export type ExtractName =
  | 'observationExtract'
  | 'observation-extract-category'
  | 'observationExtractEntry'
  | 'definitionExtract'
  | 'definitionExtractValue'
  | 'extractAllocateId'
  | 'itemExtractionContext'
  | 'templateExtract'
  | 'templateExtractBundle'
  | 'templateExtractContext'
  | 'templateExtractValue'
  | 'targetStructureMap'
  | 'isSubject';

export interface Extended {
  readonly extension?: readonly Extension[] | undefined;
}

/** Every extension of that name; also under the names that the first drafts had. */
export function named(holder: Extended | undefined, name: ExtractName): readonly Extension[] {
  const urls = [`${SDC}${name}`, `http://hl7.org/fhir/StructureDefinition/questionnaire-${name}`];
  return Array.isArray(holder?.extension) ? holder.extension.filter((extension) => urls.includes(extension?.url)) : [];
}

/** Our own setting: store what is extracted together with the answer. */
export const extractsOnSubmit = ({ extension }: Extended): boolean =>
  Array.isArray(extension) && extension.some(({ url, valueBoolean }) => url === extensionUrl('extract-on-submit') && valueBoolean === true);
