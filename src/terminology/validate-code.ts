/**
 * `$validate-code` of value sets and code systems. https://hl7.org/fhir/R4/valueset-operation-validate-code.html,
 * https://hl7.org/fhir/R4/codesystem-operation-validate-code.html, https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/requirements.html
 */
import type { CodeableConcept, OperationOutcome, Parameters, ParametersParameter } from 'fhir/r4';
import { type Issue, operationOutcome } from '../fhir/outcome.ts';
import type { Coding } from '../fhir/resource.ts';
import { type CodingFinding, type CodingRules, checkCoding, type KnownCoding, type PlaceOf, statusIssues } from './coding-check.ts';
import { nameOf, standingIn } from './compose.ts';
import type { Shelf } from './library.ts';
import { urlsIn } from './membership.ts';
import { isInactive, statusOf } from './properties.ts';
import { txIssue } from './tx-issue.ts';

/** What is to be checked, in the form in which it came. */
export type CodeGiven =
  | { readonly form: 'code'; readonly coding: Coding }
  | { readonly form: 'coding'; readonly coding: Coding }
  | { readonly form: 'codeableConcept'; readonly concept: CodeableConcept };

export interface CodeRequest extends CodingRules {
  readonly given: CodeGiven;
  /** A code without a system takes that of the set's system that has it, where there is one. */
  readonly inferSystem: boolean;
}

export function validateCode(shelf: Shelf, request: CodeRequest): Parameters {
  const { given } = request;
  const codings = given.form === 'codeableConcept' ? ((given.concept.coding ?? []) as Coding[]) : [given.coding]; // fhir/r4's Coding is ours with undefined written out
  const findings = codings.map((coding, at) => finding(shelf, coding, request, placeIn(given.form, at)));
  return given.form === 'codeableConcept' ? ofConcept(given.concept, findings, request) : ofCoding(findings, request);
}

function placeIn(form: CodeGiven['form'], at: number): PlaceOf {
  if (form === 'code') return (element) => element;
  return form === 'coding' ? (element) => `Coding.${element}` : (element) => `CodeableConcept.coding[${at}].${element}`;
}

function finding(shelf: Shelf, coding: Coding, request: CodeRequest, place: PlaceOf): CodingFinding {
  const { code } = coding;
  if (code === undefined || code === '')
    return unfit(coding, txIssue('error', 'invalid-data', 'The coding has no code, so there is nothing to check.', place('code')));
  const system = coding.system ?? inferred(code, request, place);
  if (typeof system !== 'string') return unfit(coding, system);
  const known: KnownCoding = { ...coding, system, code };
  return checkCoding(shelf, known, request, place);
}

const unfit = (coding: Coding, issue: Issue): CodingFinding => ({
  coding,
  issues: [issue],
  ok: false,
  system: undefined,
  concept: undefined,
  display: undefined,
  unknownSystem: undefined,
});

/** The one system of the set that has the code. */
function inferred(code: string, { set, inferSystem }: CodeRequest, place: PlaceOf): string | Issue {
  if (!inferSystem || set === undefined)
    return txIssue(
      'error',
      'invalid-data',
      `The code "${code}" has no system; a code without one cannot be checked (or ask with inferSystem).`,
      place('system'),
    );
  const having = urlsIn(set).filter((url) => standingIn(set, url, code) === 'in');
  const [only, ...others] = having;
  if (only !== undefined && others.length === 0) return only;
  const name = nameOf(set.definition);
  return having.length === 0
    ? txIssue('error', 'not-in-vs', `No code system of the value set ${name} has the code "${code}" in it.`, place('code'))
    : txIssue(
        'error',
        'cannot-infer',
        `The code "${code}" is in several code systems of the value set ${name}: ${having.join(', ')}. Say which.`,
        place('code'),
      );
}

function ofCoding([found]: readonly CodingFinding[], request: CodeRequest): Parameters {
  if (found === undefined) throw new Error('there is one coding, and so one finding');
  return answer(found.ok, [...found.issues, ...setStatus(request)], conceptParameters(found));
}

const setStatus = ({ set }: CodeRequest): Issue[] => (set === undefined ? [] : statusIssues(set.definition));

/** As a whole: one coding that is right is enough; what is wrong with the others is then a remark. */
function ofConcept(concept: CodeableConcept, findings: readonly CodingFinding[], request: CodeRequest): Parameters {
  const right = findings.find(({ ok }) => ok);
  const echo: ParametersParameter = { name: 'codeableConcept', valueCodeableConcept: concept };
  const issues = findings.flatMap((found) => (found.ok ? found.issues : found.issues.map((issue) => asOneOfSeveral(issue, right !== undefined))));
  const shown = right ?? findings.find((found) => found.concept !== undefined) ?? findings[0];
  return answer(
    right !== undefined,
    [...noneRight(right, request, findings), ...issues, ...setStatus(request)],
    [echo, ...(shown === undefined ? [] : conceptParameters(shown, findings))],
  );
}

function asOneOfSeveral(issue: Issue, anotherIsRight: boolean): Issue {
  const [expression] = issue.expression ?? [];
  if (issue.coding?.code === 'not-in-vs' && expression !== undefined) return txIssue('information', 'this-code-not-in-vs', issue.text, expression);
  return anotherIsRight && issue.severity === 'error' ? { ...issue, severity: 'warning' } : issue;
}

function noneRight(right: CodingFinding | undefined, { set }: CodeRequest, findings: readonly CodingFinding[]): Issue[] {
  if (right !== undefined || (findings.length > 0 && set === undefined)) return [];
  const where = set === undefined ? '' : ` in the value set ${nameOf(set.definition)}`;
  return [
    txIssue(
      'error',
      set === undefined ? 'invalid-data' : 'not-in-vs',
      findings.length === 0 ? 'The concept has no coding, so there is nothing to check.' : `None of the codings is${where}.`,
    ),
  ];
}

/** Code, system, version, display as the code system has them, and what else is to be known of the code. */
function conceptParameters(found: CodingFinding, all: readonly CodingFinding[] = [found]): ParametersParameter[] {
  const { coding, system, concept, display } = found;
  const url = system?.url ?? coding.system;
  const unknown = [...new Set(all.flatMap(({ unknownSystem }) => unknownSystem ?? []))];
  return [
    ...(coding.code === undefined ? [] : [{ name: 'code', valueCode: coding.code }]),
    ...(url === undefined ? [] : [{ name: 'system', valueUri: url }]),
    ...(system?.version === undefined ? [] : [{ name: 'version', valueString: system.version }]),
    ...(display === undefined ? [] : [{ name: 'display', valueString: display }]),
    ...(concept === undefined || concept.code === coding.code ? [] : [{ name: 'normalized-code', valueCode: concept.code }]),
    ...useParameters(found),
    ...unknown.map((canonical) => ({ name: 'x-caused-by-unknown-system', valueCanonical: canonical })),
  ];
}

function useParameters({ system, concept }: CodingFinding): ParametersParameter[] {
  if (system === undefined || concept === undefined) return [];
  const inactive = isInactive(system.about, concept);
  const status = statusOf(system.about, concept) ?? (inactive ? 'inactive' : undefined);
  return [
    ...(inactive ? [{ name: 'inactive', valueBoolean: true }] : []),
    ...(status !== undefined && (inactive || status === 'deprecated') ? [{ name: 'status', valueString: status }] : []),
  ];
}

/** Whether an answer is negative for want of a code system, and not because of the code. */
export const isForWant = ({ parameter = [] }: Parameters): boolean =>
  parameter.some(({ name, valueBoolean }) => name === 'result' && valueBoolean === false) &&
  parameter.some(({ name }) => name === 'x-caused-by-unknown-system');

/** The answer where another terminology server has said whether the code is in the set. */
export function answeredElsewhere(coding: Coding, isIn: boolean, valueSet: string): Parameters {
  const code = `${coding.system ?? ''}#${coding.code ?? ''}`;
  const verdict = isIn
    ? []
    : [txIssue('error', 'not-in-vs', `${code} is not in the value set ${valueSet}, says the terminology server that is asked about what is not known here.`)];
  const note = txIssue('information', 'processing-note', 'Another terminology server was asked about the code; its display and status were not checked.');
  const parameters = [
    ...(coding.code === undefined ? [] : [{ name: 'code', valueCode: coding.code }]),
    ...(coding.system === undefined ? [] : [{ name: 'system', valueUri: coding.system }]),
  ];
  return answer(isIn, [...verdict, note], parameters);
}

const ORDER = ['error', 'warning', 'information'];

function answer(result: boolean, found: readonly Issue[], parameters: readonly ParametersParameter[]): Parameters {
  const issues = found.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const worst = issues.filter(({ severity }) => severity === (result ? 'warning' : 'error'));
  const message = [...new Set(worst.map(({ text }) => text))].join(' ');
  const outcome: OperationOutcome[] = issues.length === 0 ? [] : [operationOutcome(issues)];
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'result', valueBoolean: result },
      ...(message === '' ? [] : [{ name: 'message', valueString: message }]),
      ...parameters,
      ...outcome.map((resource) => ({ name: 'issues', resource })),
    ],
  };
}
