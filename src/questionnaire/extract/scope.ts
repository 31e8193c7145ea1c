/**
 * Expressions of an extraction. They see the response, the questionnaire and the ids allocated for the result, and
 * neither launch contexts nor variables. https://hl7.org/fhir/uv/sdc/extraction.html
 */
import type { Extension } from 'fhir/r4';
import { compileValuePath, createHost, type FhirPathValue, type ValuePath } from '../../fhir/fhirpath.ts';
import { createLastUsed } from '../../fhir/last-used.ts';
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import { expressionIn } from '../extension.ts';

/** What an expression starts from. */
export interface Scope {
  /** The response, one of its items, or what a template's context expression gave. */
  readonly input: readonly FhirPathValue[];
  readonly variables: Readonly<Record<string, unknown>>;
  /** Where faults are told. */
  readonly issues: Issue[];
  /** How many clones templates have made so far. */
  readonly clones: { count: number };
}

const COMPILED = 1000;
const compiled = createLastUsed<ValuePath>(COMPILED);
const host = createHost({});

/** What the expression gives; nothing, and an issue, where it cannot be evaluated. `place`: of the extension. */
export function evaluate(expression: string, { input, variables, issues }: Scope, place: string): readonly FhirPathValue[] {
  try {
    return compiled.getOr(expression, () => compileValuePath(expression))(input, variables, host);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    issues.push({ severity: 'error', code: 'processing', text: error.message, expression: [place] });
    return [];
  }
}

/** The FHIRPath in an extension, as a text or an Expression; undefined, and told, in another language. */
export function fhirPathIn(extension: Extension, { issues }: Scope, place: string): { readonly text: string; readonly name: string | undefined } | undefined {
  const { language, expression, name } = expressionIn(extension) ?? {};
  if (typeof expression === 'string' && (language === undefined || language === 'text/fhirpath')) return { text: expression, name };
  const text = `An extraction is written in text/fhirpath here; this is ${typeof expression === 'string' ? `in ${language}` : 'no expression'}.`;
  issues.push({ severity: 'error', code: 'not-supported', text, expression: [place] });
  return undefined;
}
