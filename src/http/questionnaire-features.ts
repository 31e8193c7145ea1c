/**
 * In which languages the expressions of questionnaires are evaluated here, as the Application Feature framework declares it.
 * https://hl7.org/fhir/uv/sdc/conformance.html, https://build.fhir.org/ig/HL7/capstmt/
 */
import type { Extension } from 'fhir/r4';

const FEATURE = 'http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature';
/** The codes that SDC has for its features. */
const SDC_CODES = 'http://hl7.org/fhir/uv/sdc/CodeSystem/temp';

const LANGUAGES: readonly (readonly [string, readonly string[]])[] = [
  ['behaviorExpressionLanguage', ['text/fhirpath', 'application/x-fhir-query']],
  ['populationExpressionLanguage', ['text/fhirpath', 'application/x-fhir-query']],
  ['extractionExpressionLanguage', ['text/fhirpath']],
];

export const questionnaireFeatures = (): Extension[] =>
  LANGUAGES.flatMap(([feature, languages]) =>
    languages.map((language) => ({
      url: FEATURE,
      extension: [
        { url: 'definition', valueCanonical: `${SDC_CODES}#${feature}` },
        { url: 'value', valueCode: language },
      ],
    })),
  );
