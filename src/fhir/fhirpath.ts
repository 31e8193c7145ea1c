/**
 * The one door to the fhirpath package. It is loaded on the first evaluation, never at start-up (it costs 0.1 to 0.6 s):
 * search expressions and base invariants have native closures and do not come here.
 * https://hl7.org/fhir/R4/fhirpath.html
 */
import type * as FhirPathPackage from 'fhirpath';
import type * as R4Model from 'fhirpath/fhir-context/r4';
import { FhirError } from './outcome.ts';

/** Evaluates over a resource (or a part of one); `environment` gives `%name` variables. Throws FhirError `invalid`. */
export type FhirPath = (input: unknown, environment?: Readonly<Record<string, unknown>>) => unknown[];

/** Expressions kept compiled; the one unused for longest goes first. */
const CACHE_SIZE = 2000;

const cache = new Map<string, FhirPath>();

/** Throws FhirError `invalid` where the text is no FHIRPath. */
export function compileFhirPath(expression: string): FhirPath {
  const known = cache.get(expression);
  const compiled = known ?? compile(expression);
  cache.delete(expression);
  cache.set(expression, compiled);
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
  return compiled;
}

function compile(expression: string): FhirPath {
  const { fhirpath, model } = load();
  const evaluate = orRefuse(expression, () => fhirpath.compile(portable(expression), model, { traceFn: () => undefined }));
  return (input, environment) => orRefuse(expression, () => evaluate(input, { ...environment }) as unknown[]);
}

function orRefuse<T>(expression: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FhirError('invalid', `The FHIRPath expression '${expression.slice(0, 500)}' cannot be evaluated: ${reason.slice(0, 500)}`, { cause });
  }
}

interface Loaded {
  readonly fhirpath: typeof FhirPathPackage;
  readonly model: FhirPathPackage.Model;
}

let loaded: Loaded | undefined;

/** `require`, because a synchronous caller cannot wait for `import()`; it reaches a package, not the outside world. */
function load(): Loaded {
  if (loaded === undefined) {
    const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
    const model = require('fhirpath/fhir-context/r4') as typeof R4Model;
    loaded = { fhirpath: require('fhirpath') as typeof FhirPathPackage, model: model as unknown as FhirPathPackage.Model };
  }
  return loaded;
}

/**
 * R4's own expressions in a form that the package can evaluate: `as` refuses more than one item, so it becomes `ofType`,
 * and `resolve()` would fetch, so `resolve() is Patient` becomes a test of what the reference says.
 */
function portable(expression: string): string {
  return outsideLiterals(expression, (text) =>
    text
      .replace(/\.resolve\(\) is ([A-Z]\w*)/g, (_, type: string) => `.where(${pointsAt(type)}).exists()`)
      .replace(/\bresolve\(\) is ([A-Z]\w*)/g, (_, type: string) => pointsAt(type))
      .replace(/\.as\(/g, '.ofType(')
      .replace(/ as ([A-Za-z]\w*(?:\.\w+)?)/g, (_, type: string) => `.ofType(${type})`)
      .replaceAll('ofType(DateTime)', 'ofType(dateTime)'),
  );
}

const pointsAt = (type: string): string => `(type = '${type}' or reference.startsWith('${type}/') or reference.contains('/${type}/'))`;

/** Changes what stands outside of 'strings' and `delimited names`. */
function outsideLiterals(expression: string, change: (text: string) => string): string {
  let out = '';
  let from = 0;
  for (let at = 0; at < expression.length; at++) {
    const quote = expression[at];
    if (quote !== "'" && quote !== '`') continue;
    const end = literalEnd(expression, at);
    out += change(expression.slice(from, at)) + expression.slice(at, end);
    from = end;
    at = end - 1;
  }
  return out + change(expression.slice(from));
}

function literalEnd(expression: string, start: number): number {
  for (let at = start + 1; at < expression.length; at++) {
    if (expression[at] === '\\') at++;
    else if (expression[at] === expression[start]) return at + 1;
  }
  return expression.length;
}
