/**
 * The functions that expressions may call here: those of FHIRPath (https://hl7.org/fhirpath/N1/), of FHIR
 * (https://hl7.org/fhir/R4/fhirpath.html) and of Structured Data Capture (https://hl7.org/fhir/uv/sdc/expressions.html).
 */
import { tokensOf } from './fhirpath-tokens.ts';

const FUNCTIONS: ReadonlySet<string> = new Set(
  `empty not exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf isDistinct distinct count where extension select coalesce sort aggregate
  sum min max avg weight ordinal answers single first last type ofType is as tail take skip combine union intersect exclude iif trace defineVariable
  toInteger toLong toDecimal toString toDate toDateTime toTime toBoolean toQuantity hasValue getValue elementDefinition slice checkModifiers
  htmlChecks htmlchecks convertsToBoolean convertsToInteger convertsToLong convertsToDecimal convertsToString convertsToDate convertsToDateTime
  convertsToTime convertsToQuantity indexOf lastIndexOf substring startsWith endsWith contains upper lower replace matches matchesFull replaceMatches
  length toChars join split trim encode decode escape unescape abs ceiling exp floor ln log power round sqrt truncate lowBoundary highBoundary precision
  comparable now today timeOfDay yearOf monthOf dayOf hourOf minuteOf secondOf millisecondOf timezoneOffsetOf dateOf timeOf repeat children descendants
  resolve memberOf subsumes subsumedBy conformsTo`.split(/\s+/),
);

/** Words between two values, after which a parenthesis opens none of theirs. */
const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'xor', 'implies', 'div', 'mod', 'in', 'contains', 'is', 'as']);

/** Names that are called as functions and are none, each once; what an expression's `%factory` and other servers offer is not judged. */
export function unknownFunctions(expression: string): readonly string[] {
  const tokens = tokensOf(expression);
  if (tokens.some(({ kind, text }) => kind === 'external' && ELSEWHERE.has(text))) return [];
  const called = tokens.filter(({ kind, text }, at) => kind === 'name' && tokens[at + 1]?.text === '(' && !OPERATORS.has(text));
  return [...new Set(called.map(({ text }) => text))].filter((name) => !FUNCTIONS.has(name));
}

const ELSEWHERE: ReadonlySet<string> = new Set(['factory', 'terminologies', 'server']);
