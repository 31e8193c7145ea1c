/** Short ways to write questionnaires and answers, and to extract. */
import type { Bundle, Extension, Observation, Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem } from 'fhir/r4';
import { loadRegistry } from '../../../src/definitions/load.ts';
import { FhirError, type Issue } from '../../../src/fhir/outcome.ts';
import { compilePlan } from '../../../src/questionnaire/compile.ts';
import type { Definitions } from '../../../src/questionnaire/extract/elements.ts';
import { type Extraction, extract, transactionOf } from '../../../src/questionnaire/extract/extract.ts';
import { createValidator } from '../../../src/validate/create-validator.ts';

const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
export const registry = loadRegistry();
const validator = createValidator(registry);

export const ext = (name: string, value: Omit<Extension, 'url'>): Extension => ({ url: `${SDC}${name}`, ...value });
/** An extension with parts. */
export const parts = (name: string, extension: readonly Extension[]): Extension => ({ url: `${SDC}${name}`, extension: [...extension] });
export const loinc = (code: string, ...extension: Extension[]) => ({ system: 'http://loinc.org', code, ...(extension.length > 0 && { extension }) });
export const on = ext('observationExtract', { valueBoolean: true });
export const as = (valueCode: string): Extension => ext('observationExtract', { valueCode });

export const questionnaire = (item: QuestionnaireItem[], more: Partial<Questionnaire> = {}): Questionnaire => ({
  resourceType: 'Questionnaire',
  url: 'http://example.org/Questionnaire/q',
  status: 'active',
  item,
  ...more,
});

export const response = (item: QuestionnaireResponseItem[], more: Partial<QuestionnaireResponse> = {}): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  id: 'r',
  status: 'completed',
  questionnaire: 'http://example.org/Questionnaire/q',
  subject: { reference: 'Patient/p' },
  authored: '2026-03-01T10:00:00Z',
  author: { reference: 'Practitioner/a' },
  item,
  ...more,
});

export function run(form: Questionnaire, answer: QuestionnaireResponse, definitions: Definitions = registry): Extraction & { readonly bundle: Bundle } {
  let id = 0;
  const extraction = extract(compilePlan(form), answer, { definitions, ids: () => `id-${++id}` });
  return { ...extraction, bundle: transactionOf(extraction) };
}

export const resources = (bundle: Bundle): unknown[] => (bundle.entry ?? []).map(({ resource }) => resource);
export const observations = (form: Questionnaire, answer: QuestionnaireResponse): Observation[] => resources(run(form, answer).bundle) as Observation[];

/** The issues of a refusal. */
export function refusal(form: Questionnaire, answer: QuestionnaireResponse, definitions: Definitions = registry): readonly Issue[] {
  try {
    run(form, answer, definitions);
  } catch (error) {
    if (error instanceof FhirError) return error.issues;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** What the base says against the resources. */
export const faults = (bundle: Bundle): string[] =>
  (bundle.entry ?? []).flatMap(({ resource }) =>
    validator
      .validate(resource as never)
      .issues.filter(({ severity }) => severity === 'error')
      .map(({ text }) => text),
  );
